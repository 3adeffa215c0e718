import type { Address } from './address.ts';
import type { Feed } from './feed.ts';
import { fetchPage, type HistoryPage, PAGE_LIMIT, type Query, type Start } from './history-page.ts';
import type { Search } from './state.ts';

/** Messages that one go of a search finds at most: as many as there are rows. */
const SEARCH_LIMIT = 500;

/** What somebody asks for, of a topic. */
export interface Asked {
  topic: string;
  query: Query;
}

interface Handlers {
  /** Something was got, or could not be: why, in a sentence. */
  onAnswer: (error: string | null) => void;
  /** A search began, or got further. */
  onSearch: (search: Search) => void;
}

/**
 * What the feed gets of the past, over HTTP: one thing at a time, and nothing any more of what was asked for before.
 */
export class Past {
  readonly #feed: Feed;
  readonly #handlers: Handlers;
  #asked: Asked = { topic: '', query: {} };
  #asking = new AbortController();
  #isBusy = false;
  #search: Search | undefined;

  constructor(feed: Feed, handlers: Handlers) {
    this.#feed = feed;
    this.#handlers = handlers;
  }

  /** Asks for this from now on. What is on its way of other things is given up. */
  ask(asked: Asked): void {
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#asked = asked;
    this.#isBusy = false;
    this.#search = undefined;
  }

  /** Gets the messages below the last row, or what a search finds there. */
  async older(): Promise<void> {
    if (this.#search) return this.#searchOn(this.#search);
    await this.#do('Older messages could not be loaded', () => this.#addOlder());
  }

  /** Gets the messages above the first row. */
  async newer(): Promise<void> {
    await this.#do('Newer messages could not be loaded', () => this.#addNewer());
  }

  /**
   * Begins the feed anew with the messages around a place, or with the newest. Answers with them, if they could be got.
   */
  async open(place: Pick<Address, 'at' | 'offset'>): Promise<HistoryPage | undefined> {
    let page: HistoryPage | undefined;
    await this.#do('This place could not be shown', async () => {
      page = await this.#fetch(place);
      this.#feed.begin(page);
    });
    return page;
  }

  /** Searches the history below the feed, which has what a page found before. */
  async search(page: Pick<HistoryPage, 'entries' | 'next' | 'searched'>): Promise<void> {
    const { entries, next, searched } = page;
    this.ask(this.#asked);
    this.#search = { status: 'done', found: entries.length, searched: 0, to: null, live: 0 };
    this.#note(this.#search, searched);
    if (next !== null) await this.#searchOn(this.#search);
    else this.#handlers.onSearch(this.#search);
  }

  /** Ends a search where it is. */
  stop(): void {
    if (this.#search?.status === 'running') this.#search.status = 'stopped';
  }

  /** Counts matching messages that came live. */
  addLive(count: number): void {
    if (!this.#search || count === 0) return;
    this.#search.live += count;
    this.#handlers.onSearch(this.#search);
  }

  async #searchOn(search: Search): Promise<void> {
    if (this.#isBusy) return;
    // Only who asks for more than the page has room for loses the newest rows to it.
    const mayDrop = search.status === 'full';
    search.status = 'running';
    this.#handlers.onSearch(search);
    const most = search.found + SEARCH_LIMIT;
    const isRunning = () => search.status === 'running';
    await this.#do('The search could not go on', async () => {
      while (isRunning()) {
        const cursor = this.#feed.older;
        const room = mayDrop ? most - search.found : this.#feed.room;
        if (room === 0) {
          search.status = 'full';
          break;
        }
        const page = await this.#fetch({ before: cursor ?? undefined, limit: String(Math.min(room, PAGE_LIMIT)) });
        // Meanwhile there may be other rows, which this page does not follow on, or which leave it no room.
        if (this.#feed.older !== cursor || (!mayDrop && page.entries.length > this.#feed.room)) continue;
        search.found += this.#feed.lacking(page.entries).length;
        this.#note(search, page.searched);
        this.#feed.addOlder(page);
        if (page.next === null) search.status = 'done';
        else this.#handlers.onSearch(search);
      }
    });
    // What failed can be asked for again.
    if (this.#search !== search) return;
    this.stop();
    this.#handlers.onSearch(search);
  }

  #note(search: Search, searched: HistoryPage['searched']): void {
    if (!searched) return;
    search.searched += searched.messages;
    search.to = searched.to ?? search.to;
  }

  /** Adds the next rows of history, through as many pages as it takes to get below the last row. */
  async #addOlder(): Promise<void> {
    const cursor = this.#feed.older;
    if (cursor === null) return;
    const page = await this.#fetch({ before: cursor });
    // Meanwhile there may be other rows, which this page does not follow on.
    const isDone = this.#feed.older === cursor && this.#feed.addOlder(page);
    if (!isDone) await this.#addOlder();
  }

  /** Adds the next rows of history above, through as many pages as it takes to get above the first row. */
  async #addNewer(): Promise<void> {
    const cursor = this.#feed.newer;
    if (typeof cursor !== 'string') return;
    if (!this.#feed.addNewer(await this.#fetch({ after: cursor }))) await this.#addNewer();
  }

  #fetch(start: Start): Promise<HistoryPage> {
    const { topic, query } = this.#asked;
    return fetchPage(topic, { ...query, ...start }, this.#asking.signal);
  }

  /** Does one thing, if no other goes on, and tells how it went, unless something else was asked for meanwhile. */
  async #do(failure: string, work: () => Promise<void>): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const { signal } = this.#asking;
    const error = await work().then(
      () => null,
      ({ message }: Error) => `${failure}: ${message}.`,
    );
    if (signal.aborted) return;
    this.#isBusy = false;
    this.#handlers.onAnswer(error);
  }
}
