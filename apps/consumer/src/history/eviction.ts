import type { HistoryDatabase } from './database.ts';
import { AFTER_ALL } from './keyset.ts';
import type { LargeValues } from './large-values.ts';
import { FIRST_TIME } from './record.ts';
import type { Deleted, TopicState } from './topic-state.ts';

export interface Bounds {
  /** Age from which records are evicted, in milliseconds. */
  maxAgeMs: number;
  /** Number of records of each topic above which the oldest are evicted. */
  maxRows: number;
  /** Size of the temporary file, in bytes, above which the oldest of the largest topic are evicted. */
  maxBytes: number;
}

/** The bound that a record was above when it was evicted. */
export type EvictionReason = 'age' | 'bytes' | 'count';

interface EvictionOptions extends Bounds {
  database: HistoryDatabase;
  largeValues: LargeValues;
  topics: ReadonlyMap<string, TopicState>;
}

/** What is evicted in one go: a few milliseconds. */
const AT_ONCE = { records: 500, bytes: 1024 * 1024 };

/** The records from a time on and before another one, in milliseconds since the Unix epoch. */
interface Times {
  from: number;
  to: number;
}

const ALL: Times = { from: 0, to: AFTER_ALL.timestamp };

/** Keeps a history within its bounds, a few milliseconds at a time. */
export class Eviction {
  readonly #options: EvictionOptions;
  /** How many records were evicted, of all topics, and why. */
  readonly evicted: Record<EvictionReason, number> = { age: 0, bytes: 0, count: 0 };
  /** Ids of topics of before, whose records are still to be deleted. */
  readonly #forgotten: number[] = [];

  constructor(options: EvictionOptions) {
    this.#options = options;
  }

  /** Has the records of an id deleted, by `trim`. */
  forget(id: number): void {
    this.#forgotten.push(id);
  }

  /** Evicts some of what is above a bound of number or bytes. Answers whether there is more. */
  trim(): boolean {
    const { database, topics, maxRows, maxBytes } = this.#options;
    if (this.#hasForgotten) {
      this.#deleteForgotten();
      return true;
    }
    for (const topic of topics.values()) {
      const over = topic.count - maxRows;
      if (over > 0) return this.#evictOldest(topic, ALL, 'count', over) || this.trim();
    }
    if (database.bytes <= maxBytes) return false;
    const largest = [...topics.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
    // Without records there is nothing to evict, however small the bound.
    if (largest.count === 0) return false;
    this.#evictOldest(largest, ALL, 'bytes', AT_ONCE.records);
    return database.bytes > maxBytes;
  }

  /** Evicts what is too old, step by step. Records without a time of their own are not known to be. */
  *evictExpired(now: number): Generator<void> {
    const { topics, maxAgeMs } = this.#options;
    const expired = { from: FIRST_TIME, to: now - maxAgeMs };
    for (const topic of topics.values()) {
      while (this.#evictOldest(topic, expired, 'age', Infinity)) yield;
      yield;
    }
  }

  get #hasForgotten(): boolean {
    return this.#forgotten.length > 0 || this.#options.largeValues.hasForgotten;
  }

  /** Deletes some of what is in no page any more. */
  #deleteForgotten(): void {
    const { largeValues } = this.#options;
    if (largeValues.hasForgotten) largeValues.deleteSome();
    else if (this.#deleteOldest(this.#forgotten[0]!, ALL, AT_ONCE.records).isDone) this.#forgotten.shift();
  }

  /** Evicts some of a topic's oldest records, of those of a time. Answers whether there may be more of them. */
  #evictOldest(topic: TopicState, times: Times, reason: EvictionReason, atMost: number): boolean {
    const { records, isDone } = this.#deleteOldest(topic.id, times, Math.min(atMost, AT_ONCE.records));
    topic.remove(records);
    this.evicted[reason] += records.length;
    return !isDone && records.length < atMost;
  }

  /** Deletes some of the oldest records of an id. Answers with them, and whether there are no more of that time. */
  #deleteOldest(id: number, { from, to }: Times, limit: number): { records: Deleted[]; isDone: boolean } {
    const { database, largeValues } = this.#options;
    const records: Deleted[] = [];
    let bytes = 0;
    let isDone = true;
    database.write(({ oldest, deleteUpTo }) => {
      for (const record of oldest.iterate(id, from, to, limit + 1) as Iterable<Deleted>) {
        isDone = records.length < limit && bytes < AT_ONCE.bytes;
        if (!isDone) break;
        records.push(record);
        bytes += record.weight + (record.value_size ?? 0);
      }
      const last = records.at(-1);
      if (last) deleteUpTo.run(id, from, last.timestamp, last.partition, last.offset);
    });
    for (const record of records) if (record.value_size !== null) largeValues.forget(id, record);
    return { records, isDone };
  }
}
