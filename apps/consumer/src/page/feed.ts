import { element } from './element.ts';
import { compare, type Entry } from './entry.ts';
import { GapSearch } from './gap-search.ts';
import type { HistoryPage } from './history-page.ts';
import type { Row } from './row.ts';
import { Rows } from './rows.ts';

/** Rows on the page at most. */
const LIMIT = 500;
/** Rows that flash within a second at most: more of it would show nothing, and cost most of what the page costs. */
const FLASHES = 10;

const empty = element('empty');
const olderButton = element('older');
const newerButton = element('newer');

/**
 * The rows, newest on top, in the history's order: a window on it without holes, but for the gaps that are marked.
 * New messages go to the page once a frame, however many come.
 */
export class Feed {
  readonly #onFill: () => void;
  readonly #rows: Rows;
  #arrived: Entry[] = [];
  #frame = 0;
  #older: string | null | undefined = null;
  #newer: string | null | undefined = null;
  /** Whether it was said where the history goes on below, so that what comes live does not say it. */
  #isBegun = false;
  /** When the rows flashed that did so last, by `performance.now`. */
  #flashes: number[] = [];
  /** The day whose rows show no date. */
  #today = '';
  /** What somebody asked for that is missing, until it is found or known to be lost. */
  #search: GapSearch | undefined;

  /**
   * @param now tells the time, in milliseconds since the Unix epoch.
   * @param onFill is called when somebody asks for what is missing in a gap; by then it is the history below the last
   * row.
   */
  constructor(now: () => number, onFill: () => void) {
    this.#rows = new Rows(now, (row) => this.#fill(row));
    this.#onFill = onFill;
  }

  /**
   * Cursor from which the history below the last row is reached: null when there is none; undefined when no row has a
   * cursor, so that the way there begins at the newest message. It may begin above the last row, see `addOlder`.
   */
  get older(): string | null | undefined {
    return this.#older;
  }

  /**
   * Cursor from which the history above the first row is reached: null when the rows go up to the newest; undefined
   * when no row has a cursor. It may begin below the first row, see `addNewer`.
   */
  get newer(): string | null | undefined {
    return this.#newer;
  }

  /** How many rows there may still be. */
  get room(): number {
    this.#render();
    return LIMIT - this.#rows.count;
  }

  /** The newest message on the page. */
  get newest(): Entry | undefined {
    return this.#rows.first?.entry;
  }

  /** Begins anew with a page of history, or with nothing above a cursor. */
  begin({ entries, next, previous = null }: Pick<HistoryPage, 'entries' | 'next' | 'previous'>): void {
    this.clear();
    for (const entry of entries) this.#rows.append(entry);
    this.#older = next;
    this.#newer = previous;
    this.#isBegun = true;
    this.#showEnds();
  }

  /** Adds messages that are new to the page, oldest first. */
  add(entries: Entry[]): void {
    this.#arrived.push(...entries);
    // What would fall out again before anybody saw it need not go in. Background tabs get no frames, so this bounds
    // them too.
    if (this.#arrived.length > 2 * LIMIT) this.#arrived = this.#arrived.toSorted(compare).slice(-LIMIT);
    this.#frame ||= requestAnimationFrame(() => this.#render());
  }

  /** Those of some messages that are not on the page yet. */
  lacking(entries: Entry[]): Entry[] {
    this.#render();
    return entries.filter((entry) => !this.#rows.at(entry));
  }

  /**
   * Adds what a page of history, got from the cursor `newer`, has above the first row. Above the limit the oldest rows
   * go. What is in view stays where it is. Answers with whether that was what was asked for, so that no more pages are
   * needed.
   */
  addNewer({ entries, next }: HistoryPage): boolean {
    this.#render();
    const { first } = this.#rows;
    const above = entries.filter((entry) => !first || compare(entry, first.entry) > 0);
    this.#keepInPlace(first, () => {
      for (const entry of above.toReversed()) if (this.#rows.makeRoom(entry)) this.#rows.insert(0, entry);
      this.#newer = next;
      if (this.#rows.count > LIMIT) this.#cut(LIMIT);
      this.#showEnds();
    });
    return above.length > 0 || next === null;
  }

  /**
   * Marks a message as the one that somebody looks for, if it is on the page and `isIt`, and shows it. A focus that
   * went with other rows goes there.
   */
  point(entry: Entry, isIt: boolean): void {
    const row = this.#rows.at(entry);
    if (isIt) row?.element.setAttribute('aria-current', 'true');
    row?.element.scrollIntoView({ block: 'center', behavior: 'instant' });
    if (document.activeElement === document.body) row?.element.focus({ preventScroll: true });
  }

  /**
   * Adds what a page of history, got from the cursor `older`, has below the last row. Above the limit the newest rows
   * go. What is in view stays where it is. Answers with whether that was what was asked for, so that no more pages are
   * needed.
   */
  addOlder({ entries, next }: HistoryPage): boolean {
    this.#render();
    const { last } = this.#rows;
    if (this.#search && !this.#rows.all.includes(this.#search.row)) this.#search = undefined;
    if (last?.hasGap && !last.isLost) this.#search ??= new GapSearch(last, []);
    const below = entries.filter((entry) => !last || compare(entry, last.entry) < 0);
    return this.#keepInPlace(last, () => {
      const found = this.#search ? this.#addFound(this.#search, below, next) : this.#addBelow(below, next);
      this.#dropNewest();
      this.#showEnds();
      return found;
    });
  }

  clear(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#arrived = [];
    this.#rows.clear();
    this.#older = null;
    this.#newer = null;
    this.#isBegun = false;
    this.#search = undefined;
    this.#showEnds();
  }

  /** Brings times up to date. */
  tick(now: number): void {
    const today = new Date(now).toDateString();
    for (const row of this.#rows.all) {
      row.tick(now);
      if (today !== this.#today) row.showTime(now);
    }
    this.#today = today;
  }

  #render(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const wasEmpty = this.#rows.count === 0;
    for (const entry of this.#arrived) this.#place(entry, wasEmpty);
    this.#arrived = [];
    if (wasEmpty && !this.#isBegun)
      this.#older = this.#rows.all.findLast(({ entry }) => entry.older !== undefined)?.entry.older ?? null;
    if (this.#rows.count > LIMIT) this.#cut(LIMIT);
    this.#showEnds();
  }

  /** Puts a message where it belongs, unless it is there already. */
  #place(entry: Entry, wasEmpty: boolean): void {
    if (!this.#rows.makeRoom(entry)) return;
    const index = this.#rows.indexFor(entry);
    // Below the last row begins the history that is not on the page. It has this message too.
    if (index === this.#rows.count && !wasEmpty && this.#older !== null) {
      if (entry.afterGap) this.#rows.markGap(this.#rows.last!);
      return;
    }
    const row = this.#rows.insert(index, entry);
    if (entry.receivedAt !== null) this.#flash(row);
  }

  #flash(row: Row): void {
    const now = performance.now();
    this.#flashes = this.#flashes.filter((time) => now - time < 1_000);
    if (this.#flashes.length === FLASHES) return;
    this.#flashes.push(now);
    row.flash();
  }

  /** Drops what is below a gap, so that the history goes on there, and searches that for what is missing. */
  #fill(row: Row): void {
    const { all } = this.#rows;
    const index = all.indexOf(row);
    const nextGap = all.findIndex((other, place) => place > index && other.hasGap);
    const known = all.slice(index + 1, nextGap === -1 ? undefined : nextGap + 1);
    if (this.#search?.row !== row)
      this.#search = new GapSearch(
        row,
        known.map(({ entry }) => entry),
      );
    this.#cut(index + 1);
    this.#showEnds();
    this.#onFill();
  }

  /** Adds rows of a page of history. Answers with whether there were any. */
  #addBelow(entries: Entry[], older: string | null | undefined): boolean {
    for (const entry of entries) if (this.#rows.makeRoom(entry)) this.#rows.append(entry);
    this.#older = older;
    return entries.length > 0;
  }

  /** Adds what a page of history has of what somebody searches. Answers with whether the search is over. */
  #addFound(search: GapSearch, page: Entry[], next: string | null): boolean {
    const { row } = search;
    const { entries, hasMissing, isEnd } = search.take(page, next === null);
    if (hasMissing) this.#rows.unmarkGap(row);
    else if (isEnd) row.sayLost();
    // The history goes on above what was left out.
    this.#addBelow(entries, entries.length < page.length ? this.#older : next);
    this.#rows.showBefore(row);
    if (!hasMissing && !isEnd) return false;
    this.#search = undefined;
    return true;
  }

  /** Drops the newest rows that are too many. */
  #dropNewest(): void {
    const dropped = this.#rows.drop(0, this.#rows.count - LIMIT);
    if (dropped > 0) this.#newer = this.#rows.all.find(hasCursor)?.entry.older ?? undefined;
  }

  /** Changes the rows in a way that leaves one where it is in view, if it stays. */
  #keepInPlace<T>(row: Row | undefined, change: () => T): T {
    const top = row?.element.getBoundingClientRect().top;
    const result = change();
    if (row?.element.isConnected)
      scrollBy({ top: row.element.getBoundingClientRect().top - top!, behavior: 'instant' });
    return result;
  }

  /** Drops all rows but the first ones. */
  #cut(size: number): void {
    if (this.#rows.drop(size) === 0) return;
    const { all } = this.#rows;
    const gap = all.findLastIndex((row) => row.hasGap);
    // From a cursor above a gap the way leads through all that is missing in it.
    if (all.findLastIndex(hasCursor) <= gap) this.#rows.drop(gap + 1);
    this.#older = all.findLast(hasCursor)?.entry.older ?? undefined;
  }

  #showEnds(): void {
    empty.hidden = this.#rows.count > 0;
    olderButton.hidden = this.#older === null;
    newerButton.hidden = typeof this.#newer !== 'string';
  }
}

const hasCursor = ({ entry }: Row): boolean => typeof entry.older === 'string';
