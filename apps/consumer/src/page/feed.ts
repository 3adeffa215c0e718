import { element, setText } from './element.ts';
import type { Entry } from './entry.ts';
import { Row } from './row.ts';

/** Rows on the page at most. */
const LIMIT = 500;

const list = element<HTMLOListElement>('rows');
const empty = element('empty');

/** The rows, newest on top. Changes go to the page once a frame, however many messages come. */
export class Feed {
  /** Newest first. */
  #rows: Row[] = [];
  #arrived: Entry[] = [];
  #frame = 0;
  #words = '';

  /** How many rows there are. */
  get size(): number {
    return this.#rows.length;
  }

  /** Cursor of the history before the oldest row. */
  get older(): string | null {
    return this.#rows.at(-1)?.entry.older ?? null;
  }

  /** Adds messages that came after all others, oldest first. */
  add(entries: Entry[]): void {
    // What would fall out again before anybody saw it need not go in. Background tabs get no frames, so this bounds them too.
    this.#arrived = [...this.#arrived, ...entries].slice(-2 * LIMIT);
    this.#frame ||= requestAnimationFrame(() => this.#render());
  }

  /** Adds a page of history below all others, newest first. Above the limit the newest rows go; says whether they did. */
  addOlder(entries: Entry[]): boolean {
    this.#render();
    const now = Date.now();
    const last = this.#rows.at(-1);
    const rows = entries.map((entry, index) => this.#row(entry, entries[index + 1], now));
    last?.showBefore(entries[0]);
    if (last && entries.length === 0) last.entry.older = null;
    list.append(...rows.map((row) => row.element));
    this.#rows.push(...rows);
    const removed = this.#rows.splice(0, Math.max(0, this.#rows.length - LIMIT));
    for (const row of removed) row.element.remove();
    this.#showEmpty();
    return removed.length > 0;
  }

  /** Marks, above all rows so far, that messages are missing from here on. */
  addGap(): void {
    this.#render();
    if (this.#rows.length === 0) return;
    const gap = document.createElement('li');
    gap.className = 'gap';
    gap.textContent = 'Away for too long: messages between these are not shown. They are in the export.';
    list.prepend(gap);
  }

  clear(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#arrived = [];
    this.#rows = [];
    list.replaceChildren();
    this.#showEmpty();
  }

  /** Shows only rows that have the words. */
  filter(words: string): void {
    this.#words = words.trim().toLowerCase();
    for (const row of this.#rows) row.match(this.#words);
    this.#showEmpty();
  }

  /** Brings relative times up to date. */
  tick(now: number): void {
    for (const row of this.#rows) row.tick(now);
  }

  #render(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#arrived.length === 0) return;
    const now = Date.now();
    const previous = this.#rows[0]?.entry;
    const rows = this.#arrived
      .map((entry, index) => this.#row(entry, this.#arrived[index - 1] ?? previous, now))
      .toReversed();
    this.#arrived = [];
    list.prepend(...rows.map((row) => row.element));
    this.#rows.unshift(...rows);
    this.#trimOldest();
    this.#showEmpty();
  }

  /** Trims so that the last row left is one whose older history has a cursor, else "Load older" would leave a hole. */
  #trimOldest(): void {
    if (this.#rows.length <= LIMIT) return;
    let size = LIMIT;
    while (size > 1 && this.#rows[size - 1]!.entry.older === null) size -= 1;
    for (const row of this.#rows.splice(size)) row.element.remove();
    // Marks of gaps below the last row have nothing under them any more.
    while (list.lastElementChild !== this.#rows.at(-1)!.element) list.lastElementChild!.remove();
  }

  #row(entry: Entry, before: Entry | undefined, now: number): Row {
    const row = new Row(entry, before, now);
    row.match(this.#words);
    return row;
  }

  #showEmpty(): void {
    const shown = this.#rows.some((row) => !row.element.hidden);
    empty.hidden = shown;
    setText(empty, this.#rows.length === 0 ? 'Waiting for the first message…' : 'No message matches the filter.');
  }
}
