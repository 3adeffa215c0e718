import {
  type Appended,
  encodeBroadcast,
  type Log,
  type LogBatch,
  type LogRecord,
  type Positions,
  type TopicLog,
} from '@hello/broadcasts';
import { once } from 'node:events';
import { benchBroadcast } from '../message.ts';

/** Records between two of which other work of the process gets its turn. */
const BATCH = 1_000;
/** Time between two records: a broadcast comes every 5.5 s on average. */
const EVERY_MS = 5_500;

/** The timestamp of a record, such that the last one is of now. */
export function timestampOf(offset: number, records: number, now: number): number {
  return now - (records - offset) * EVERY_MS;
}

/** A log that has so many records as soon as it is read, so that no bench waits until they were appended. Reads once. */
export class MadeLog implements Log {
  readonly #records: number;
  readonly #now = Date.now();

  constructor(records: number) {
    this.#records = records;
  }

  /** The time of the newest record. */
  get now(): number {
    return this.#now;
  }

  topic(topic: string): TopicLog {
    return {
      topic,
      ensure: async () => [],
      append: (): Promise<Appended> => Promise.reject(new Error('this log is only read')),
      read: (options) => this.#read(topic, options),
      describe: async () => [{ partition: 0, low: 0, high: this.#records }],
    };
  }

  async close(): Promise<void> {}

  async *#read(topic: string, { signal }: { from: Positions; signal: AbortSignal }): AsyncGenerator<LogBatch> {
    for (let first = 0; first < this.#records; first += BATCH) {
      const length = Math.min(BATCH, this.#records - first);
      yield { records: Array.from({ length }, (_, index) => this.#record(topic, first + index)), restarted: false };
    }
    if (!signal.aborted) await once(signal, 'abort');
  }

  #record(topic: string, offset: number): LogRecord {
    const timestamp = timestampOf(offset, this.#records, this.#now);
    const value = encodeBroadcast({ ...benchBroadcast(offset + 1, 5_500.25), sentAt: timestamp });
    return { topic, partition: 0, offset, timestamp, value };
  }
}
