import {
  type Appended,
  encodeBroadcast,
  type Log,
  type LogBatch,
  type LogRecord,
  type PartitionProgress,
  type Positions,
  type TopicLog,
} from '@hello/broadcasts';
import { benchBroadcast } from '../message.ts';

/** Records between two of which other work of the process gets its turn. */
const BATCH = 1_000;
/** Time between two records: a broadcast comes every 5.5 s on average. */
export const EVERY_MS = 5_500;

/** The text of its first record, and of no other. */
export const RARE = 'Hello needle';

/** What all of its records have in common. */
const REST = { timestampType: 'append', key: Buffer.from('bench'), headers: [] as [] } as const;

/** The timestamp of a record, such that the last one is of now. */
export function timestampOf(offset: number, records: number, now: number): number {
  return now - (records - offset) * EVERY_MS;
}

/**
 * A log that costs next to nothing, as one that is elsewhere. It has so many records as soon as it is read, so that no
 * bench waits until they were appended, and gives on at once what is appended while it is read. Reads once.
 */
export class MadeLog implements Log {
  readonly #records: number;
  readonly #now: number;
  #appended: LogRecord[] = [];
  #length: number;
  #wake = (): void => {};

  /** @param now when the last one of its records came. */
  constructor(records: number, now = Date.now()) {
    this.#records = records;
    this.#now = now;
    this.#length = records;
  }

  /** The time of the newest record. */
  get now(): number {
    return this.#now;
  }

  topic(topic: string): TopicLog {
    return {
      topic,
      system: 'embedded',
      ensure: async () => [],
      append: ({ value }) => this.#append(topic, value),
      read: (options) => this.#read(topic, options),
      listOffsets: async () => [{ partition: 0, low: 0, high: this.#length }],
    };
  }

  async close(): Promise<void> {}

  async *#read(topic: string, { signal }: { from: Positions; signal: AbortSignal }): AsyncGenerator<LogBatch> {
    for (let first = 0; first < this.#records; first += BATCH) {
      const length = Math.min(BATCH, this.#records - first);
      const records = Array.from({ length }, (_, index) => this.#record(topic, first + index));
      yield { records, progress: this.#progress(first + length), restarted: false };
    }
    signal.addEventListener('abort', () => this.#wake());
    while (!signal.aborted) {
      const records = this.#appended;
      this.#appended = [];
      if (records.length > 0) yield { records, progress: this.#progress(this.#length), restarted: false };
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async #append(topic: string, value: Uint8Array | null): Promise<Appended> {
    const place = { partition: 0, offset: this.#length, timestamp: Date.now() };
    this.#length += 1;
    this.#appended.push({ ...REST, topic, value, ...place });
    this.#wake();
    return place;
  }

  #record(topic: string, offset: number): LogRecord {
    const timestamp = timestampOf(offset, this.#records, this.#now);
    const broadcast = { ...benchBroadcast(offset + 1, 5_500.25), sentAt: timestamp };
    const value = encodeBroadcast(offset === 0 ? { ...broadcast, text: RARE } : broadcast);
    return { ...REST, topic, partition: 0, offset, timestamp, value };
  }

  #progress(next: number): PartitionProgress[] {
    return [{ partition: 0, low: 0, high: this.#length, next }];
  }
}
