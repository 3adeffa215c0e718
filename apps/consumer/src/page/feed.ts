import { element, setText } from './element.ts';
import { compare, type Entry } from './entry.ts';
import { createGap } from './gap.ts';
import type { HistoryPage } from './history-page.ts';
import { Row } from './row.ts';

/** Rows on the page at most. */
const LIMIT = 500;
/** Rows that flash within a second at most: more of it would show nothing, and cost most of what the page costs. */
const FLASHES = 10;

const list = element<HTMLOListElement>('rows');
const empty = element('empty');
const olderButton = element('older');

/**
 * The rows, newest on top, in the history's order: a window on it without holes, but for the gaps that are marked.
 * New messages go to the page once a frame, however many come.
 */
export class Feed {
  readonly #onFill: () => void;
  /** Newest first. */
  #rows: Row[] = [];
  #arrived: Entry[] = [];
  #frame = 0;
  #words = '';
  #older: string | null | undefined = null;
  #detached = false;
  /** When the rows flashed that did so last, by `performance.now`. */
  #flashes: number[] = [];

  /** @param onFill is called when somebody asks for what is missing in a gap; by then it is the history below the last row. */
  constructor(onFill: () => void) {
    this.#onFill = onFill;
  }

  /**
   * Cursor from which the history below the last row is reached: null when there is none; undefined when no row has a cursor,
   * so that the way there begins at the newest message. It may begin above the last row, see `addOlder`.
   */
  get older(): string | null | undefined {
    return this.#older;
  }

  /** Whether newer messages than the top row were dropped: somebody went back far into the history. */
  get detached(): boolean {
    return this.#detached;
  }

  /** Adds messages that are new to the page, oldest first. */
  add(entries: Entry[]): void {
    // What would fall out again before anybody saw it need not go in. Background tabs get no frames, so this bounds them too.
    this.#arrived = [...this.#arrived, ...entries].slice(-2 * LIMIT);
    this.#frame ||= requestAnimationFrame(() => this.#render());
  }

  /**
   * Adds what a page of history, got from the cursor `older`, has below the last row. Above the limit the newest rows go.
   * What is in view stays where it is. Answers with the number of rows added.
   */
  addOlder({ entries, next }: HistoryPage): number {
    this.#render();
    const last = this.#rows.at(-1);
    const below = entries.filter((entry) => !last || compare(entry, last.entry) < 0);
    const top = last?.element.getBoundingClientRect().top;
    for (const entry of below) this.#insert(this.#rows.length, entry);
    this.#older = next;
    const removed = this.#rows.splice(0, Math.max(0, this.#rows.length - LIMIT));
    for (const row of removed) row.remove();
    if (removed.length > 0) this.#detached = true;
    if (last && top !== undefined)
      scrollBy({ top: last.element.getBoundingClientRect().top - top, behavior: 'instant' });
    this.#showEnds();
    return below.length;
  }

  clear(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#arrived = [];
    this.#rows = [];
    this.#older = null;
    this.#detached = false;
    list.replaceChildren();
    this.#showEnds();
  }

  /** Shows only rows that have the words. */
  filter(words: string): void {
    this.#words = words.trim().toLowerCase();
    for (const row of this.#rows) row.match(this.#words);
    this.#showEnds();
  }

  /** Brings relative times up to date. */
  tick(now: number): void {
    for (const row of this.#rows) row.tick(now);
  }

  #render(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const wasEmpty = this.#rows.length === 0;
    for (const entry of this.#arrived) this.#place(entry, wasEmpty);
    this.#arrived = [];
    if (wasEmpty) this.#older = this.#nearestCursor() ?? null;
    if (this.#rows.length > LIMIT) this.#cut(Math.min(LIMIT, this.#firstPart()));
    this.#showEnds();
  }

  /** Puts a message where it belongs, unless it is there already. */
  #place(entry: Entry, wasEmpty: boolean): void {
    const found = this.#rows.findIndex((row) => compare(entry, row.entry) >= 0);
    const index = found === -1 ? this.#rows.length : found;
    const below = this.#rows[index];
    if (below && compare(entry, below.entry) === 0) return;
    // Below the last row begins the history that is not on the page. It has this message too.
    if (!below && !wasEmpty && this.#older !== null) return;
    this.#insert(index, entry);
  }

  #insert(index: number, entry: Entry): void {
    const below = this.#rows[index];
    const row = new Row(entry, Date.now());
    if (entry.receivedAt !== null) this.#flash(row);
    row.match(this.#words);
    list.insertBefore(row.element, below?.element ?? null);
    this.#rows.splice(index, 0, row);
    if (entry.afterGap && index === 0 && below) row.markGap(createGap(() => this.#fill(row)));
    row.showBefore(below);
    this.#rows[index - 1]?.showBefore(row);
  }

  #flash(row: Row): void {
    const now = performance.now();
    this.#flashes = this.#flashes.filter((time) => now - time < 1_000);
    if (this.#flashes.length === FLASHES) return;
    this.#flashes.push(now);
    row.flash();
  }

  /** Drops what is below a gap, so that the history goes on there. */
  #fill(row: Row): void {
    this.#cut(this.#rows.indexOf(row) + 1);
    this.#showEnds();
    this.#onFill();
  }

  /** Drops all rows but the first ones. */
  #cut(size: number): void {
    for (const row of this.#rows.splice(size)) row.remove();
    this.#rows.at(-1)?.unmarkGap();
    this.#older = this.#nearestCursor();
  }

  /** The number of rows above the first gap. */
  #firstPart(): number {
    const gap = this.#rows.findIndex((row) => row.hasGap);
    return gap === -1 ? this.#rows.length : gap + 1;
  }

  /** The cursor of the last row, or else the first one above it. */
  #nearestCursor(): string | null | undefined {
    return this.#rows.findLast((row) => row.entry.older !== undefined)?.entry.older;
  }

  #showEnds(): void {
    empty.hidden = this.#rows.some((row) => !row.element.hidden);
    const nothing = this.#rows.length === 0;
    setText(empty, nothing ? 'Waiting for the first message…' : 'No message on this page matches the filter.');
    olderButton.hidden = this.#older === null;
  }
}
