import type { PartitionOffsets } from '@hello/broadcasts';

/**
 * Finds out that a reader is stuck: a partition's end moves on, the reader is behind it, and got no further for too
 * long. One that is behind an end which stands still is not judged: what is in between may not be for it yet, as in an
 * open transaction.
 */
export class Watchdog {
  readonly #silenceMs: number;
  /**
   * Partition -> how far it was read, where its end was then, since when, and for how many silences it has been stuck
   * there.
   */
  readonly #seen = new Map<number, { read: number; end: number; since: number; bites: number }>();

  /** @param silenceMs how long a reader may get no further, in milliseconds. */
  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /**
   * Takes in what is known at a time (in milliseconds, of any clock that only goes forward).
   *
   * @param read partition -> the offset up to which it was read.
   * @returns for how many silences in a row the reader has been stuck in some partition, whatever it does in the
   * others: 0 when it is
   *   not; a positive number once in each of them.
   */
  look(ends: PartitionOffsets[], read: ReadonlyMap<number, number>, now: number): number {
    let most = 0;
    for (const { partition, low, high } of ends) {
      const next = Math.max(low, read.get(partition) ?? 0);
      const before = this.#seen.get(partition);
      if (!before || next !== before.read || next >= high) {
        // Whoever moves again is well.
        this.#seen.set(partition, { read: next, end: high, since: now, bites: 0 });
      } else if (high > before.end && now - before.since >= this.#silenceMs) {
        before.bites += 1;
        most = Math.max(most, before.bites);
      }
    }
    // What is done about it gets as long to show.
    if (most > 0) for (const each of this.#seen.values()) each.since = now;
    return most;
  }
}
