import { encodeBroadcast } from '@hello/broadcasts';
import type { HistoryRecord } from '../src/history/record.ts';

/** A record as good as any, whose time is its offset unless it is told. */
export const record = (
  offset: number,
  { partition = 0, timestamp = offset, topic = 'hello-world', text = `text ${offset}` } = {},
): HistoryRecord => ({
  topic,
  partition,
  offset,
  timestamp,
  timestampType: 'append',
  key: Buffer.from('test'),
  headers: [],
  value: encodeBroadcast({
    text,
    environment: 'test',
    sequence: offset + 1,
    dueAt: timestamp,
    sentAt: timestamp,
    nextInMs: 1.5,
  }),
});

/** The records with the offsets from `first` to `last`. */
export const records = (first: number, last: number): HistoryRecord[] =>
  Array.from({ length: last - first + 1 }, (_, index) => record(first + index));

/** A record with a value of so many bytes, which is no broadcast. */
export const largeRecord = (offset: number, bytes: number): HistoryRecord => ({
  ...record(offset),
  value: Buffer.alloc(bytes, 'a'),
});
