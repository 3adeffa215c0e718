import { widths } from './widths.ts';

/**
 * Cells at most, which take some megabytes: 9 hours of seconds, or a week of 30 seconds. Those without a record take
 * nothing.
 */
const MOST = 32_768;

/**
 * Buckets of time that lie side by side, in milliseconds since the Unix epoch: they begin at `from`, and end at `to`.
 */
export interface Buckets {
  from: number;
  to: number;
  bucketMs: number;
}

/** How many records are in each of some buckets, and outside of them. */
export interface Counts {
  counts: number[];
  before: number;
  after: number;
}

/**
 * How many records there are at which time, without looking at them. Time is cut into cells, which are as narrow as
 * they can be without being too many; when they are, they become wider, and never narrower again.
 */
export class Timeline {
  #cellMs = 1_000;
  /** Cell, counted from the Unix epoch -> number of records. */
  #cells = new Map<number, number>();

  /** How wide a cell is, in milliseconds: one of `widths`. Each begins at a multiple of it. */
  get cellMs(): number {
    return this.#cellMs;
  }

  /** Counts a record in, by its time in milliseconds since the Unix epoch. */
  add(timestamp: number): void {
    this.#count(Math.floor(timestamp / this.#cellMs), 1);
    if (this.#cells.size > MOST) this.#widen();
  }

  /** Counts a record out that was counted in. */
  remove(timestamp: number): void {
    this.#count(Math.floor(timestamp / this.#cellMs), -1);
  }

  /** Counts the records in buckets, each of which has to be one or more whole cells. */
  tally({ from, to, bucketMs }: Buckets): Counts {
    const counts = Array<number>((to - from) / bucketMs).fill(0);
    let [before, after] = [0, 0];
    for (const [cell, count] of this.#cells) {
      const start = cell * this.#cellMs;
      if (start < from) before += count;
      else if (start >= to) after += count;
      else counts[Math.floor((start - from) / bucketMs)]! += count;
    }
    return { counts, before, after };
  }

  #count(cell: number, by: number): void {
    const count = (this.#cells.get(cell) ?? 0) + by;
    if (count === 0) this.#cells.delete(cell);
    else this.#cells.set(cell, count);
  }

  #widen(): void {
    const [before, beforeMs] = [this.#cells, this.#cellMs];
    // So that a new cell is some whole ones of before.
    this.#cellMs = widths().find((width) => width > beforeMs && width % beforeMs === 0)!;
    this.#cells = new Map();
    for (const [cell, count] of before) this.#count(Math.floor((cell * beforeMs) / this.#cellMs), count);
  }
}
