import uPlot from 'uplot';
import { type Entry, latency, timeOf } from './entry.ts';
import { Plot, type Point } from './plot.ts';
import { span } from './time.ts';

const WINDOW_S = 300;
const BUCKET_S = 10;
/** Points that the latency plot keeps: enough for its width, however fast messages come. */
const POINTS = 600;

/** The rate and the latency of the last minutes. */
export class Plots {
  readonly #rate = new Plot('rate-plot', uPlot.paths.bars!({ size: [0.8] }), (value) => value.toLocaleString('en'));
  readonly #latency = new Plot('latency-plot', undefined, span);
  #buckets = new Map<number, number>();
  #points: Point[] = [];

  /** Takes in messages that arrived live. */
  add(entries: Entry[]): void {
    for (const entry of entries) {
      const time = timeOf(entry) ?? entry.receivedAt;
      if (time === null) continue;
      const seconds = time / 1000;
      const bucket = Math.floor(seconds / BUCKET_S) * BUCKET_S;
      this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
      const ms = latency(entry);
      if (ms !== null) this.#points.push([seconds, ms]);
    }
    this.#points = this.#points.slice(-POINTS);
  }

  clear(): void {
    this.#buckets.clear();
    this.#points = [];
  }

  /** Draws what is known at a time, in milliseconds since the Unix epoch. */
  draw(now: number): void {
    const end = now / 1000;
    const start = end - WINDOW_S;
    for (const bucket of this.#buckets.keys()) if (bucket < start - BUCKET_S) this.#buckets.delete(bucket);
    this.#points = this.#points.filter(([seconds]) => seconds >= start);
    const bars: Point[] = [];
    for (let bucket = Math.ceil(start / BUCKET_S) * BUCKET_S; bucket <= end; bucket += BUCKET_S) {
      // A bar stands in the middle of its time.
      bars.push([bucket + BUCKET_S / 2, this.#buckets.get(bucket) ?? 0]);
    }
    this.#rate.draw(bars, start, end);
    this.#latency.draw(this.#points, start, end);
  }
}
