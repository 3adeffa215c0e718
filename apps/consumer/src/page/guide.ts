import { type Address, readAddress } from './address.ts';
import type { Arrivals } from './arrivals.ts';
import type { Watched } from './connection.ts';
import { element } from './element.ts';
import type { Entry } from './entry.ts';
import type { Feed } from './feed.ts';
import { Navigation } from './navigation.ts';
import { Past } from './past.ts';
import { placeIn } from './place.ts';
import { showWords } from './screen.ts';
import { isPast, SEARCH_AT_START } from './state.ts';
import type { Store } from './store.ts';
import { viewOf } from './view.ts';

const placeText = element('place');
const log = element('log');

interface GuideOptions {
  /** Tells the time, in milliseconds since the Unix epoch. */
  now: () => number;
  store: Store;
  feed: Feed;
  arrivals: Arrivals;
  /** The topic of an address that names none, as soon as it is known. */
  firstTopic: () => string | undefined;
  /** Is called when another address is to be shown. */
  onLeave: (isOtherTopic: boolean) => void;
  /** Is called when it is known which messages of which topic the address asks for. */
  onAsk: (address: Address & { topic: string }) => void;
  /** Is called to get the newest messages over the connection, and what comes after them. */
  onWatch: (watched: Watched) => void;
}

/** Leads the rows to what the address of the page says, and keeps the address to what they show. */
export class Guide {
  readonly past: Past;
  readonly #options: GuideOptions;
  readonly #navigation = new Navigation((address) => this.#show(address));
  #address = readAddress();

  constructor(options: GuideOptions) {
    const { store, feed } = options;
    this.#options = options;
    this.past = new Past(feed, {
      onAnswer: (error) => {
        store.change({ error });
        this.#noteDropped();
      },
      onSearch: (search) => {
        store.change({ search: { ...search } });
        this.#noteDropped();
      },
    });
  }

  get address(): Address {
    return this.#address;
  }

  /** What of a topic comes live. */
  get watched(): Watched {
    const { topic, contains, key } = this.#address;
    return { topic, contains, key };
  }

  /** Whether somebody looks for some messages only. */
  get isFiltered(): boolean {
    return this.#address.contains !== undefined || this.#address.key !== undefined;
  }

  /** Takes in which topic is shown, where the address does not say it. */
  meet(topic: string): void {
    const isNew = this.#address.topic === undefined;
    this.#address = { ...this.#address, topic };
    if (isNew) this.ask();
  }

  /** Asks the history for what the address says; the newest messages come over the connection. */
  ask(): void {
    const { store, onAsk } = this.#options;
    const { topic, at: _at, offset: _offset, ...query } = this.#address;
    if (topic === undefined) return;
    this.past.ask({ topic, query });
    store.change({ search: this.isFiltered ? SEARCH_AT_START : null });
    showWords(placeText, null);
    onAsk({ ...this.#address, topic });
    if (isPast(store.state)) void this.#openPlace();
  }

  /** Goes to a place in what is shown, or to a range of it. */
  goTo(place: Pick<Address, 'at' | 'from' | 'to'>): void {
    this.#navigation.go({ ...this.watched, ...place });
  }

  /** Goes to a message, whatever else was looked for. */
  goToMessage(offset: string): void {
    this.#navigation.go({ topic: this.#address.topic, offset });
  }

  /** Looks for something else, everywhere. While somebody types on, it is one address for the browser's way back. */
  lookFor(wanted: Pick<Address, 'contains' | 'key'>): void {
    const address = { ...this.#address, at: undefined, offset: undefined, ...wanted };
    const isTypedOn = wanted.contains !== undefined && this.#address.contains !== undefined;
    if (isTypedOn) this.#navigation.refine(address);
    else this.#navigation.go(address);
  }

  /** Begins with the newest messages, oldest first, or with what is found from there on. */
  begin(entries: Entry[], older: string | null): void {
    const { store, feed, arrivals } = this.#options;
    if (!isPast(store.state)) feed.clear();
    if (!isPast(store.state) && this.isFiltered) {
      const nothing = { entries: [], next: older };
      feed.begin(nothing);
      void this.past.search(nothing);
    }
    arrivals.begin(entries);
  }

  /** Gets the messages above the first row. Above the newest it goes on live. */
  async loadNewer(): Promise<void> {
    await this.past.newer();
    if (this.#options.feed.newer === null && !this.#join()) this.#navigation.go(this.watched);
  }

  /** Shows what was held back, or goes back from the past, to the top. */
  backToNow(): void {
    const { store } = this.#options;
    store.change({ paused: false });
    // The button that was pressed goes away, and the focus must not.
    log.focus({ preventScroll: true });
    scrollTo({ top: 0, behavior: 'instant' });
    if (!isPast(store.state)) this.showHeld();
    else if (!this.#join()) this.#navigation.go(this.watched);
  }

  /** Shows what was held back; the newest messages, when that is not all that came. */
  showHeld(): void {
    const { arrivals, onWatch } = this.#options;
    if (!arrivals.show()) onWatch(this.watched);
  }

  #show(wanted: Address): void {
    const { store, feed, arrivals, firstTopic, onLeave, onWatch } = this.#options;
    const before = this.watched;
    this.#address = { ...wanted, topic: wanted.topic ?? firstTopic() ?? before.topic };
    const isSame = JSON.stringify(this.watched) === JSON.stringify(before);
    onLeave(this.#address.topic !== before.topic);
    if (!isSame) feed.clear();
    store.change({ view: viewOf(this.#address), error: null });
    arrivals.clear();
    // Who comes to the newest does not read yet what is far below them, which would hold back what comes live.
    if (!isPast(store.state)) scrollTo({ top: 0, behavior: 'instant' });
    this.ask();
    if (!isSame || !isPast(store.state)) onWatch(this.watched);
  }

  async #openPlace(): Promise<void> {
    const { now, store, feed } = this.#options;
    const { at, offset } = this.#address;
    const { view } = store.state;
    const page = await this.past.open({ at, offset });
    if (!page) {
      // What stood there is of another place, unless somebody went on from here meanwhile.
      if (store.state.error !== null) feed.clear();
      return;
    }
    const place = placeIn(page, view, now());
    store.change({ view: place.view });
    showWords(placeText, place.words);
    if (place.entry) feed.point(place.entry, place.isFound);
    if (this.isFiltered) await this.past.search(page);
  }

  /** Goes on live from the rows of the past, if these go up to the newest. Around a range there is more. */
  #join(): boolean {
    const { feed, arrivals } = this.#options;
    const isRange = this.#address.from !== undefined || this.#address.to !== undefined;
    if (isRange || feed.newer !== null || !arrivals.join()) return false;
    this.#address = this.watched;
    showWords(placeText, null);
    this.#navigation.note(this.#address);
    return true;
  }

  /** Notes that somebody went so far back that the newest rows fell out. */
  #noteDropped(): void {
    const { store, feed } = this.#options;
    if (feed.newer === null || isPast(store.state)) return;
    store.change({ view: { kind: 'at', time: feed.newest?.message.time ?? null } });
  }
}
