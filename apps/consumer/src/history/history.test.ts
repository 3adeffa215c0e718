import { Positions } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { evictAll, openHistory, TOPIC, trimAll } from '../../testing/history.ts';
import { record, records } from '../../testing/record.ts';
import type { History } from './history.ts';
import { AFTER_ALL, BEFORE_ALL } from './keyset.ts';
import type { HistoryRecord } from './record.ts';

const positions = (next: number, timestamp = next - 1): Positions => Positions.from({ 0: { next, timestamp } });

describe('inserting', () => {
  it('answers with the messages that were not there before', () => {
    const history = openHistory();
    expect(history.insert(TOPIC, records(0, 3))).toHaveLength(4);
    expect(history.insert(TOPIC, records(2, 5)).map(({ offset }) => offset)).toEqual([4, 5]);
    expect(history.count(TOPIC)).toBe(6);
  });

  it('keeps topics apart', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 3));
    expect(history.insert('other', [record(0, { topic: 'other' })])).toHaveLength(1);
    expect([TOPIC, 'other'].map((topic) => history.count(topic))).toEqual([4, 1]);
  });

  it('moves the positions on', () => {
    const history = openHistory();
    history.insert(TOPIC, [record(4), record(7, { partition: 1, timestamp: 99 })]);
    expect(history.positions(TOPIC).toJSON()).toEqual({ 0: { next: 5, timestamp: 4 }, 1: { next: 8, timestamp: 99 } });
  });

  it.each<[string, (history: History) => unknown]>([
    ['a page', (history) => history.page(TOPIC, { limit: 9 }).records],
    ['outlines', (history) => [...history.outlines(TOPIC, { before: AFTER_ALL, after: BEFORE_ALL, forward: false })]],
    [
      'what is between positions',
      (history) => history.between(TOPIC, positions(0), positions(3), { limit: 9, bytes: 1e6 }),
    ],
  ])('is all done for whoever reads %s', (_, read) => {
    const history = openHistory();
    for (let offset = 0; offset < 3; offset += 1) {
      history.insert(TOPIC, [record(offset)]);
      expect(read(history)).toHaveLength(offset + 1);
    }
  });

  it.each<[string, (history: History) => unknown, unknown]>([
    ['the record at a place', (history) => history.at(TOPIC, 0, 7)?.offset, 7],
    ['the state of a place', (history) => history.stateOf(TOPIC, 0, 7), 'kept'],
    ['the nearest place', (history) => history.nearest(TOPIC, 0, 9)?.offset, 7],
    [
      'how many there are between positions',
      (history) => history.countBetween(TOPIC, positions(0), positions(8), 9),
      1,
    ],
    ['how many there are in a time', (history) => history.countInTime(TOPIC, 0, 9), 1],
    ['the facts', (history) => history.facts(TOPIC).newest, 7],
    ['what is too old', (history) => evictAll(history, 2_000_000) && history.page(TOPIC, { limit: 9 }).records, []],
  ])('is all done for whoever asks for %s', (_, read, answer) => {
    const history = openHistory();
    history.insert(TOPIC, [record(7)]);
    expect(read(history)).toEqual(answer);
  });

  it('refuses a topic that it was not made for', () => {
    expect(() => openHistory().insert('nope', [])).toThrow('nope');
  });
});

describe('a place', () => {
  it('is of a record that is kept, was evicted, was never there, or is not there yet', () => {
    const history = openHistory({ maxRows: 3 });
    history.insert(TOPIC, [...records(0, 3), ...records(6, 7), record(5, { partition: 2, timestamp: 9 })]);
    trimAll(history);
    const states = (partition: number, places: number[]) =>
      places.map((offset) => history.stateOf(TOPIC, partition, offset));
    expect(states(0, [3, 4, 5, 6, 7, 8])).toEqual(['evicted', 'absent', 'absent', 'kept', 'kept', 'ahead']);
    expect(states(1, [0, 1e14])).toEqual(['ahead', 'ahead']);
    expect(states(2, [4, 5, 6])).toEqual(['absent', 'kept', 'ahead']);
    history.markGap(TOPIC, 1, 7);
    expect(states(1, [6, 7])).toEqual(['evicted', 'ahead']);
  });

  it('of a topic that was created anew is not there yet', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 3));
    history.clear(TOPIC);
    expect(history.stateOf(TOPIC, 0, 1)).toBe('ahead');
    expect(history.nearest(TOPIC, 0, 1)).toBeUndefined();
  });

  it('has a nearest record in its partition: it, or the next one, or the last one', () => {
    const history = openHistory();
    history.insert(TOPIC, [record(3), record(6), record(100, { partition: 1 })]);
    const nearest = [0, 3, 4, 6, 7].map((offset) => history.nearest(TOPIC, 0, offset));
    expect(nearest.map((each) => each!.offset)).toEqual([3, 3, 6, 6, 6]);
    expect(history.nearest(TOPIC, 0, 4)).toMatchObject({ timestamp: 6, partition: 0, offset: 6 });
    expect(history.nearest(TOPIC, 2, 0)).toBeUndefined();
  });
});

describe('what is said of a topic', () => {
  const facts = (history: History) => history.facts(TOPIC);

  it('is how much there is, in how many partitions, and the times of it', () => {
    const history = openHistory({ maxAgeMs: 10 });
    expect(facts(history)).toEqual({ messages: 0, partitions: 0, oldest: null, newest: null });
    history.notePartitions(TOPIC, [0, 7]);
    history.insert(TOPIC, [record(5), record(6), record(0, { partition: 3, timestamp: 9 })]);
    history.insert('other', [record(100, { topic: 'other' })]);
    expect(facts(history)).toEqual({ messages: 3, partitions: 3, oldest: 5, newest: 9 });
    evictAll(history, 18);
    expect(facts(history)).toEqual({ messages: 1, partitions: 3, oldest: 9, newest: 9 });
    history.clear(TOPIC);
    expect(facts(history)).toEqual({ messages: 0, partitions: 0, oldest: null, newest: null });
  });

  it('has no time of records that have none', () => {
    const history = openHistory();
    history.insert(TOPIC, [record(0, { timestamp: 0 })]);
    expect(facts(history)).toMatchObject({ messages: 1, oldest: null, newest: null });
    history.insert(TOPIC, [record(1, { timestamp: 7 })]);
    expect(facts(history)).toMatchObject({ messages: 2, oldest: 7, newest: 7 });
  });

  it('changes with the number of partitions', () => {
    const history = openHistory();
    const before = history.version(TOPIC);
    history.notePartitions(TOPIC, [0]);
    const after = history.version(TOPIC);
    history.notePartitions(TOPIC, [0]);
    expect([after === before, history.version(TOPIC)]).toEqual([false, after]);
  });
});

describe('positions', () => {
  it('are of another topic when their last record has another time', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 5));
    expect(history.isOfAnotherTopic(TOPIC, positions(4))).toBe(false);
    expect(history.isOfAnotherTopic(TOPIC, positions(4, 1_000))).toBe(true);
    expect(history.isOfAnotherTopic(TOPIC, positions(6))).toBe(false);
    expect(history.isOfAnotherTopic(TOPIC, positions(6, 1_000))).toBe(true);
    expect(history.isOfAnotherTopic(TOPIC, positions(99))).toBe(false);
  });

  it('are of no other topic when the time of the last record is not known, to either side', () => {
    const history = openHistory();
    history.insert(TOPIC, records(1, 5));
    expect(history.isOfAnotherTopic(TOPIC, positions(4, 0))).toBe(false);
    history.markGap(TOPIC, 0, 9);
    expect(history.isOfAnotherTopic(TOPIC, positions(9, 1_000))).toBe(false);
    history.insert(TOPIC, [record(9)]);
    expect(history.isOfAnotherTopic(TOPIC, positions(10, 1_000))).toBe(true);
  });

  it('are of no other topic when the last record had no time of its own, which another replica may know', () => {
    const history = openHistory();
    history.insert(TOPIC, [record(0), record(1, { timestamp: 7 }), record(2)]);
    history.insert(TOPIC, [{ ...record(3), timestamp: 7, timestampType: 'unknown' }, record(4)]);
    expect([2, 4].map((next) => history.isOfAnotherTopic(TOPIC, positions(next, 5)))).toEqual([true, false]);
  });

  it('are told from those of another topic also when the last record is not kept any more', () => {
    const history = openHistory({ maxAgeMs: 10 });
    history.insert(TOPIC, records(1, 5));
    evictAll(history, 1_000);
    expect([5, 1_000].map((timestamp) => history.isOfAnotherTopic(TOPIC, positions(6, timestamp)))).toEqual([
      false,
      true,
    ]);
  });

  it('go on after what is gone, and something has changed then', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 2));
    const changes = history.version(TOPIC);
    history.markGap(TOPIC, 0, 7);
    expect(history.positions(TOPIC).get(0)!.next).toBe(7);
    expect(history.version(TOPIC)).not.toBe(changes);
    expect(history.insert(TOPIC, records(6, 7)).map(({ offset }) => offset)).toEqual([7]);
  });
});

it('gives records back as they came', () => {
  const history = openHistory();
  const odd: HistoryRecord[] = [
    { ...record(0), key: null, value: null },
    { ...record(1), key: Buffer.alloc(0), value: Buffer.alloc(0), timestampType: 'create' },
    {
      ...record(2),
      headers: [
        ['a', Buffer.from([0, 255])],
        ['a', null],
        ['', Buffer.alloc(0)],
      ],
      timestampType: 'unknown',
    },
    { ...record(3), value: Buffer.from([0xff, 0xfe, 0]), unreadable: 'of a codec that is not known' },
    { ...record(9_007_199_254_740_990, { timestamp: 253_402_300_799_999, partition: 999_999_999 }) },
  ];
  history.insert(TOPIC, odd);
  const plain = (each: HistoryRecord) =>
    structuredClone({
      ...each,
      key: each.key && [...each.key],
      value: each.value && [...each.value],
      headers: each.headers.map(([name, value]) => [name, value && [...value]]),
    });
  expect(odd.map(({ partition, offset }) => plain(history.at(TOPIC, partition, offset)!))).toEqual(odd.map(plain));
});

it('tells when records were read, where that was given', () => {
  const history = openHistory();
  history.insert(TOPIC, records(0, 59), 1_700_000_000_000);
  history.insert(TOPIC, [record(60)]);
  const readAts = [0, 1, 49, 50, 59, 60].map((offset) => history.at(TOPIC, 0, offset)!.readAt);
  expect(readAts).toEqual([...Array(5).fill(1_700_000_000_000), undefined]);
});

it('can be closed twice', () => {
  const history = openHistory();
  history.close();
  history.close();
  expect(history.topics).toEqual([TOPIC, 'other']);
});
