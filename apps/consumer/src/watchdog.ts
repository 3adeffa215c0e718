import type { PartitionEnds, Positions } from '@hello/broadcasts';

/**
 * Finds out that a reader is stuck: its topic's end moves on, the reader is behind it, and it has been silent for too long.
 * A reader that is behind a topic which stands still is not judged: the records in between may be none of ours.
 */
export class Watchdog {
  readonly #silenceMs: number;
  #positions = '';
  #end = 0;
  #since = 0;

  /** @param silenceMs how long a reader may be silent, in milliseconds. */
  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /** Takes in what is known at a time (in milliseconds, of any clock that only goes forward) and says whether the reader is stuck. */
  isStuck(ends: PartitionEnds[], positions: Positions, now: number): boolean {
    const end = ends.reduce((sum, { high }) => sum + high, 0);
    const seen = JSON.stringify(positions);
    const behind = ends.some(
      ({ partition, low, high }) => high > low && !positions.passed({ partition, offset: high - 1 }),
    );
    if (seen !== this.#positions || !behind) {
      this.#positions = seen;
      this.#end = end;
      this.#since = now;
    }
    return end > this.#end && now - this.#since >= this.#silenceMs;
  }
}
