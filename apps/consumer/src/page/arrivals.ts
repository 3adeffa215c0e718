import type { Entry } from './entry.ts';
import type { Feed } from './feed.ts';
import type { Holder } from './holder.ts';
import { holdsNew, isPast, mayShowHeld } from './state.ts';
import type { Store } from './store.ts';

/** What comes over the connection, on its way to the rows: it is held back while somebody is in its way. */
export class Arrivals {
  readonly #store: Store;
  readonly #feed: Feed;
  readonly #holder: Holder;

  constructor(store: Store, feed: Feed, holder: Holder) {
    this.#store = store;
    this.#feed = feed;
    this.#holder = holder;
  }

  /** Takes in the newest messages that there are, oldest first, which nobody waited for. */
  begin(entries: Entry[]): void {
    this.clear();
    const isHeld = isPast(this.#store.state);
    // Nobody knows whether they follow on the rows, which came another way.
    if (isHeld && entries[0]) entries[0].afterGap = true;
    if (isHeld) this.#holder.hold(entries, 0);
    else this.#feed.add(entries);
  }

  /**
   * Takes in messages that follow on those before, oldest first. `count` is how many came, if the server sent not all
   * of them.
   */
  add(entries: Entry[], count = entries.length): void {
    const { state } = this.#store;
    const [first] = entries;
    if (state.missing && first) first.afterGap = true;
    if (holdsNew(state)) this.#holder.hold(entries, count);
    else this.#feed.add(entries);
    this.#store.change({ missing: state.missing && !first, held: this.#holder.held });
  }

  /** Takes in the newest messages, oldest first, where others before them are missing. */
  miss(entries: Entry[], count = entries.length): void {
    this.#store.change({ missing: true });
    this.add(entries, count);
    if (isPast(this.#store.state)) this.giveUp();
  }

  /** Shows what is held, if that is all that came and nobody is in its way. */
  settle(): void {
    if (mayShowHeld(this.#store.state)) this.show();
  }

  /** Shows what is held. Answers with whether it was all that came. */
  show(): boolean {
    const entries = this.#holder.release();
    if (entries) this.#feed.add(entries);
    this.#store.change({ held: this.#holder.held });
    return entries !== undefined;
  }

  /**
   * Goes on live from rows that went up to the newest when they were got: what is held of later ones follows on them.
   * Answers with whether that is so: it is not where more came than is held.
   */
  join(): boolean {
    const entries = this.#holder.release();
    const later = entries && this.#feed.lacking(entries);
    if (!later || later.some(({ afterGap }) => afterGap)) return false;
    this.#store.change({ view: { kind: 'live' }, held: this.#holder.held });
    this.add(later);
    this.settle();
    return true;
  }

  /** Gives up what is held: it does not follow on the rows any more. */
  giveUp(): void {
    this.#holder.giveUp();
    this.#store.change({ held: this.#holder.held });
  }

  /** Forgets what is held. */
  clear(): void {
    this.#holder.clear();
    this.#store.change({ held: this.#holder.held, missing: false });
  }
}
