/** Each bucket's upper bound is so many times that of the one before: percentiles are right to 1 %. */
const GROWTH = 1.01;
const SMALLEST_MS = 0.01;
const LARGEST_MS = 1_000_000;
const LOG_GROWTH = Math.log(GROWTH);
const BUCKETS = Math.ceil(Math.log(LARGEST_MS / SMALLEST_MS) / LOG_GROWTH) + 1;

/** How long things took, in milliseconds. */
export interface Latencies {
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

/** Millions of latencies in little memory. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #max = 0;

  record(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log(ms / SMALLEST_MS) / LOG_GROWTH);
    this.#counts[Math.min(bucket, BUCKETS - 1)]! += 1;
    this.#count += 1;
    if (ms > this.#max) this.#max = ms;
  }

  /** The latency that a share of all stayed within: 0.99 for the 99th percentile. */
  percentile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.ceil(share * this.#count);
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return Math.min(SMALLEST_MS * GROWTH ** bucket, this.#max);
  }

  /** What is told of them. The largest is exact. */
  latencies(): Latencies {
    return {
      p50Ms: this.percentile(0.5),
      p99Ms: this.percentile(0.99),
      p999Ms: this.percentile(0.999),
      maxMs: this.#max,
    };
  }
}
