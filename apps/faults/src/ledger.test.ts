import { encodeBroadcast, type LogRecord } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../consumer/src/history/message.ts';
import { compare, Ledger } from '../testing/ledger.ts';

const NONE = { lost: 0, doubled: 0, disordered: 0 };

const record = (offset: number, { sequence = offset + 1, partition = 0, environment = 'a' } = {}): LogRecord => ({
  topic: 't',
  partition,
  offset,
  timestamp: 1_000 + offset,
  timestampType: 'append',
  key: null,
  headers: [],
  value: encodeBroadcast({ text: 'Hello world', environment, sequence, sentAt: 0, nextInMs: 1 }),
});

const message = (offset: number, { partition = 0, timestamp = 1_000 + offset } = {}): Message =>
  ({ topic: 't', partition, offset, timestamp }) as Message;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const records = (...sequences: number[]): LogRecord[] =>
  sequences.map((sequence, offset) => record(offset, { sequence }));
const stretch = (from: number, offsets: number[]) => ({
  from: { 0: from },
  shown: offsets.map((each) => message(each)),
});

describe('compare', () => {
  it('finds nothing where there is nothing', () => {
    expect(compare([1, 2, 3], [1, 2, 3])).toEqual(NONE);
  });

  it.each([
    ['one that is missing', [1, 3], { lost: 1 }],
    ['the last one missing', [1, 2], { lost: 1 }],
    ['one that is there twice', [1, 2, 2, 3], { doubled: 1 }],
    ['one that comes again later', [1, 2, 3, 1], { doubled: 1 }],
    ['one that comes too late', [1, 3, 2], { disordered: 1 }],
    ['all of it missing', [], { lost: 3 }],
  ])('finds %s', (_, actual, faults) => {
    expect(compare([1, 2, 3], actual)).toEqual({ ...NONE, ...faults });
  });
});

describe('the runs of producers', () => {
  it('may end with more than the producer lived to say', () => {
    expect(new Ledger(records(1, 2, 3, 1, 2)).judgeRuns({ a: [2, 2] })).toEqual(NONE);
  });

  it.each([
    ['a broadcast that its producer says is there', [1, 2], [3], { lost: 1 }],
    ['one in the middle', [1, 3, 1, 2], [3, 2], { lost: 1 }],
    ['one twice', [1, 2, 2, 3], [3], { doubled: 1 }],
    ['the first one twice', [1, 1, 2], [2], { doubled: 1 }],
    ['two of them in the wrong order', [1, 3, 2], [3], { disordered: 1 }],
    ['a whole run', [1, 2], [2, 3], { lost: 3 }],
  ])('lack or have %s', (_, sequences, said, faults) => {
    expect(new Ledger(records(...sequences)).judgeRuns({ a: said })).toEqual({ ...NONE, ...faults });
  });

  it('are kept apart by environment', () => {
    const both = [record(0), record(1, { sequence: 1, environment: 'b' }), record(2, { sequence: 2 })];
    expect(new Ledger(both).judgeRuns({ a: [2], b: [1] })).toEqual(NONE);
    expect(new Ledger(both).judgeRuns({ a: [2], b: [2] })).toEqual({ ...NONE, lost: 1 });
  });
});

describe('a client', () => {
  const ledger = new Ledger(upTo(6).map((offset) => record(offset)));

  it.each([
    ['everything', [stretch(0, upTo(6))]],
    ['everything since it came', [stretch(3, [3, 4, 5])]],
    ['everything but what it was told to be missing', [stretch(0, [0, 1]), stretch(4, [4, 5])]],
    ['nothing, as there was nothing since it came', [stretch(6, [])]],
  ])('showed %s', (_, stretches) => {
    expect(ledger.judge({ stretches })).toEqual(NONE);
  });

  it.each([
    ['jumped over one in silence', [stretch(0, [0, 1, 3, 4, 5])], { lost: 1 }],
    ['does not have the end', [stretch(0, [0, 1, 2, 3])], { lost: 2 }],
    ['lost one before it was told of a gap', [stretch(0, [0, 2]), stretch(4, [4, 5])], { lost: 1 }],
    ['showed one twice', [stretch(0, [0, 1, 2, 2, 3, 4, 5])], { doubled: 1 }],
    ['showed one too late', [stretch(0, [0, 2, 1, 3, 4, 5])], { disordered: 1 }],
  ])('%s', (_, stretches, faults) => {
    expect(ledger.judge({ stretches })).toEqual({ ...NONE, ...faults });
  });

  it('showed something else at the place of a record', () => {
    const shown = upTo(6).map((offset) => message(offset, { timestamp: offset === 2 ? 1 : 1_000 + offset }));
    expect(ledger.judge({ stretches: [{ from: {}, shown }] }).lost).toBe(1);
  });

  it('is judged in each partition', () => {
    const two = new Ledger([record(0), record(0, { partition: 1 }), record(1, { partition: 1 })]);
    const shown = [message(0, { partition: 1 }), message(0), message(1, { partition: 1 })];
    expect(two.judge({ stretches: [{ from: {}, shown }] })).toEqual(NONE);
    expect(two.judge({ stretches: [{ from: {}, shown: shown.slice(0, 2) }] })).toEqual({ ...NONE, lost: 1 });
  });
});
