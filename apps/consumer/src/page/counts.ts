import type { Histogram as CountsAnswer } from '../history/histogram.ts';
import type { Bar, Stretch } from './plot.ts';

export type { CountsAnswer };

/** Buckets kept at most, however long nobody looks at the page. */
const LIMIT = 500;

/** Messages of a topic by their time: what the server counted, and what came live since then. */
export class Counts {
  readonly from: number;
  readonly bucketMs: number;
  readonly since: number | null;
  readonly #counts: number[];
  /** Whether the time goes on, unlike that of a range which somebody chose. */
  readonly #isOpen: boolean;
  readonly #answeredTo: number;
  #before: number;
  #after: number;

  constructor({ from, to, bucketMs, counts, before, after, since }: CountsAnswer, isOpen: boolean) {
    this.from = from;
    this.bucketMs = bucketMs;
    this.since = since;
    this.#counts = [...counts];
    this.#isOpen = isOpen;
    this.#answeredTo = to;
    this.#before = before;
    this.#after = after;
  }

  get to(): number {
    return this.from + this.#counts.length * this.bucketMs;
  }

  get before(): number {
    return this.#before;
  }

  get after(): number {
    return this.#after;
  }

  /** Messages within the buckets. */
  get within(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  get bars(): Bar[] {
    return this.#counts.map((value, index) => ({ ...this.#bucket(index), value }));
  }

  /** Goes on to a time, with empty buckets. */
  follow(now: number): void {
    while (this.#isOpen && this.to <= now && this.#counts.length < LIMIT) this.#counts.push(0);
  }

  /** Counts a message that came live. */
  add(time: number): void {
    const index = Math.floor((time - this.from) / this.bucketMs);
    if (index < 0) this.#before += 1;
    else if (index >= this.#counts.length) this.#after += 1;
    else this.#counts[index]! += 1;
  }

  /** Whether so much time went on that the server would make other buckets of it. */
  isOld(now: number): boolean {
    return this.#isOpen && now - this.#answeredTo > (this.#answeredTo - this.from) / 4;
  }

  /** The bucket of a time, the first or last one where there is none. */
  bucketAt(time: number): Bar {
    const last = this.#counts.length - 1;
    const index = Math.min(last, Math.max(0, Math.floor((time - this.from) / this.bucketMs)));
    return { ...this.#bucket(index), value: this.#counts[index] ?? 0 };
  }

  /** Messages in whole buckets of a stretch of time. */
  between({ from, to }: Stretch): number {
    return this.#counts
      .slice(Math.round((from - this.from) / this.bucketMs), Math.round((to - this.from) / this.bucketMs))
      .reduce((sum, count) => sum + count, 0);
  }

  #bucket(index: number): Stretch {
    const from = this.from + index * this.bucketMs;
    return { from, to: from + this.bucketMs };
  }
}
