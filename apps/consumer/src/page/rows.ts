import { element } from './element.ts';
import { compare, type Entry } from './entry.ts';
import { Gap } from './gap.ts';
import { Row } from './row.ts';

const list = element('rows');

/** The rows on the page, newest on top, with the marks of what is missing between them. */
export class Rows {
  readonly #now: () => number;
  readonly #onFill: (row: Row) => void;
  #rows: Row[] = [];
  readonly #places = new Map<string, Row>();

  /**
   * @param now tells the time, in milliseconds since the Unix epoch.
   * @param onFill is called when somebody asks for what is missing below a row.
   */
  constructor(now: () => number, onFill: (row: Row) => void) {
    this.#now = now;
    this.#onFill = onFill;
  }

  /** All of them, from the top. */
  get all(): readonly Row[] {
    return this.#rows;
  }

  get count(): number {
    return this.#rows.length;
  }

  get first(): Row | undefined {
    return this.#rows[0];
  }

  get last(): Row | undefined {
    return this.#rows.at(-1);
  }

  /** The row at the partition and offset of a message. */
  at(entry: Entry): Row | undefined {
    return this.#places.get(placeOf(entry));
  }

  /** The index that a message's row is to have. */
  indexFor(entry: Entry): number {
    const index = this.#rows.findIndex((row) => compare(entry, row.entry) > 0);
    return index === -1 ? this.#rows.length : index;
  }

  /**
   * Whether a message is new to the page. One at the place of another, but of another time, takes it: the topic was
   * created anew, or a server learned the time. The history has one message at a place.
   */
  makeRoom(entry: Entry): boolean {
    const same = this.at(entry);
    if (!same) return true;
    if (compare(same.entry, entry) === 0) return false;
    const index = this.#rows.indexOf(same);
    entry.afterGap ||= same.hasGap;
    this.drop(index, 1);
    this.#rows[index - 1]?.showBefore(this.#rows[index]);
    return true;
  }

  /** Adds a message's row. */
  insert(index: number, entry: Entry): Row {
    const below = this.#rows[index];
    const row = new Row(entry, this.#now());
    list.insertBefore(row.element, below?.element ?? null);
    this.#rows.splice(index, 0, row);
    this.#places.set(placeOf(entry), row);
    row.showBefore(below);
    if (entry.afterGap) this.markGap(row);
    this.#rows[index - 1]?.showBefore(row);
    return row;
  }

  /** Adds a message's row below all others. */
  append(entry: Entry): void {
    this.insert(this.#rows.length, entry);
  }

  /** Marks that messages are missing below a row. */
  markGap(row: Row): void {
    if (row.hasGap) return;
    row.entry.afterGap = true;
    row.markGap(new Gap(() => this.#onFill(row)));
  }

  /** Takes the mark below a row away: what was missing comes. */
  unmarkGap(row: Row): void {
    row.entry.afterGap = false;
    row.unmarkGap();
  }

  /** Shows the time between a row and the one below it, where there is another one now. */
  showBefore(row: Row): void {
    row.showBefore(this.#rows[this.#rows.indexOf(row) + 1]);
  }

  /** Takes rows off the page: all from an index on, or some. Answers with how many there were. */
  drop(start: number, count = Infinity): number {
    const dropped = this.#rows.splice(start, count);
    for (const row of dropped) {
      row.remove();
      this.#places.delete(placeOf(row.entry));
    }
    return dropped.length;
  }

  clear(): void {
    this.#rows = [];
    this.#places.clear();
    list.replaceChildren();
  }
}

const placeOf = ({ message: { partition, offset } }: Entry): string => `${partition}/${offset}`;
