import { textOnly } from '@hello/broadcasts';
import type { Message } from '../src/history/message.ts';

/** A message as good as any, whose time is its offset unless it is told. */
export const message = (
  offset: number,
  { partition = 0, timestamp = offset, topic = 'hello-world' } = {},
): Message => ({
  topic,
  partition,
  offset,
  timestamp,
  key: 'test',
  ...textOnly(`text ${offset}`),
  environment: 'test',
  sequence: offset + 1,
  dueAt: timestamp,
  sentAt: timestamp,
  nextInMs: 1.5,
});

/** The messages with the offsets from `first` to `last`. */
export const messages = (first: number, last: number): Message[] =>
  Array.from({ length: last - first + 1 }, (_, index) => message(first + index));
