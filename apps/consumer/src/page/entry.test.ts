import { describe, expect, it } from 'vitest';
import { message } from '../../testing/message.ts';
import { type Entry, latency, timeBetween, timeOf, toEntries } from './entry.ts';

const NOW = 1_795_491_886_000;

const entryOf = (fields: object, receivedAt: number | null = NOW): Entry =>
  toEntries({ messages: [{ ...message(0, { timestamp: NOW }), ...fields }], older: null }, receivedAt)[0]!;

describe('a batch', () => {
  it('is put in order, and its cursor is of the oldest message, whichever came first', () => {
    const messages = [
      message(5, { timestamp: 20 }),
      message(6, { timestamp: 30 }),
      message(0, { partition: 1, timestamp: 10 }),
    ];
    const entries = toEntries({ messages, older: 'cursor' }, null);
    expect(entries.map(({ message: { timestamp }, older }) => [timestamp, older])).toEqual([
      [10, 'cursor'],
      [20, undefined],
      [30, undefined],
    ]);
  });

  it('without messages, or of a shape that is not known, has no entries', () => {
    for (const messages of [[], undefined, null, 'x', { 0: message(0) }]) {
      expect(toEntries({ messages, older: null }, NOW)).toEqual([]);
    }
  });
});

describe('the latency', () => {
  it.each([
    ['of what arrived a minute after it was said', -60_000, 60_000],
    ['of what took longer is not known', -60_001, null],
    ['is 0 where clocks differ by what clocks do', 50, 0],
    ['of what arrived before it was said is not known', 51, null],
  ])('%s', (_, sentAt, expected) => {
    expect(latency(entryOf({ sentAt: NOW + sentAt }))).toBe(expected);
  });

  it('is not known of what did not arrive live, nor of what says no time', () => {
    expect(latency(entryOf({ sentAt: NOW }, null))).toBeNull();
    expect(latency(entryOf({ sentAt: null }))).toBeNull();
  });
});

describe('the time of a message', () => {
  it('is its record’s, but not after it arrived', () => {
    expect(timeOf(entryOf({ timestamp: NOW - 5 }))).toBe(NOW - 5);
    expect(timeOf(entryOf({ timestamp: NOW + 5 }))).toBe(NOW);
    expect(timeOf(entryOf({ timestamp: NOW + 5 }, null))).toBe(NOW + 5);
  });

  it.each([
    ['before 1970', { timestamp: -1 }],
    ['in nanoseconds', { timestamp: NOW * 1e6 }],
    ['that its record did not carry', { timestampType: 'unknown' }],
    ['missing', { timestamp: undefined }],
  ])('%s is none', (_, fields) => {
    expect(timeOf(entryOf(fields))).toBeNull();
    expect(timeBetween(entryOf({}), entryOf(fields))).toBeNull();
    expect(timeBetween(entryOf(fields), entryOf({}))).toBeNull();
  });

  it('is not before that of an earlier message', () => {
    expect(timeBetween(entryOf({ timestamp: NOW - 7 }), entryOf({}))).toBe(7);
    expect(timeBetween(entryOf({}), entryOf({ timestamp: NOW - 7 }))).toBeNull();
  });
});
