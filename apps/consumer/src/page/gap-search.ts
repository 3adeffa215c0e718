import { compare, type Entry } from './entry.ts';
import type { Row } from './row.ts';

/** What a page of history says of what is missing. */
interface Found {
  /** What of the page belongs between the gap and the end of the search, newest first. */
  entries: Entry[];
  /** Whether any of it was missing. */
  hasMissing: boolean;
  /** Whether the history has nothing more to search. */
  isEnd: boolean;
}

/** The search of the history for what is missing below a row. */
export class GapSearch {
  readonly row: Row;
  readonly #known: Entry[];

  /**
   * @param known is what stood below the gap, newest first. With several partitions what is missing may lie anywhere
   * among it.
   */
  constructor(row: Row, known: Entry[]) {
    this.row = row;
    this.#known = known;
  }

  /** Takes in the next page of history, newest first. `isLast` when none follows. */
  take(page: Entry[], isLast: boolean): Found {
    const lowest = this.#known.at(-1);
    const within = lowest ? page.filter((entry) => compare(entry, lowest) >= 0) : page;
    const find = (entry: Entry) => this.#known.find((known) => compare(known, entry) === 0);
    return {
      // What was known comes back with what was known of it.
      entries: within.map((entry) => find(entry) ?? entry),
      hasMissing: within.some((entry) => !find(entry)),
      isEnd:
        isLast ||
        within.length < page.length ||
        (lowest !== undefined && within.some((entry) => compare(entry, lowest) === 0)),
    };
  }
}
