import { Positions } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../producer/testing/seeded-random.ts';
import { offsetsOf, openHistory, TOPIC, trimAll } from '../../testing/history.ts';
import { largeRecord, record, records } from '../../testing/record.ts';
import { decodeCursor } from './cursor.ts';
import type { History } from './history.ts';
import { compareKeysets, type Keyset } from './keyset.ts';
import type { HistoryRecord } from './record.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a page', () => {
  it('has the newest messages first, and the cursor of the page after it', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 9));
    const first = history.page(TOPIC, { limit: 4 });
    expect(offsetsOf(first)).toEqual([9, 8, 7, 6]);
    const second = history.page(TOPIC, { limit: 6, before: decodeCursor(TOPIC, first.next!) });
    expect(offsetsOf(second)).toEqual([5, 4, 3, 2, 1, 0]);
    expect(second.next).toBeNull();
  });

  it('of an empty topic is empty', () => {
    expect(openHistory().page(TOPIC, { limit: 4 })).toEqual({ records: [], next: null });
  });

  it.each(['backward', 'forward'] as const)('after page gives every message once, %s, at any size', (direction) => {
    const random = seededRandom(3);
    const history = openHistory();
    const all: HistoryRecord[] = [];
    for (let partition = 0; partition < 3; partition += 1) {
      for (let offset = 0; offset < 60; offset += 1) {
        // Few timestamps, so that many messages share one, over partitions too.
        all.push(record(offset, { partition, timestamp: Math.floor(offset / 4) + Math.floor(random() * 2) }));
      }
    }
    history.insert(TOPIC, all);
    const expected = all.toSorted(compareKeysets).map(({ partition, offset }) => `${partition}/${offset}`);
    for (const limit of [1, 7, 59, 60, 179, 180, 181]) {
      const seen: string[] = [];
      let cursor: Keyset | undefined = direction === 'forward' ? { timestamp: -1, partition: 0, offset: 0 } : undefined;
      for (let more = true; more;) {
        const page = history.page(TOPIC, {
          limit,
          ...(direction === 'forward' ? { after: cursor } : { before: cursor }),
        });
        const places = page.records;
        const inOrder = direction === 'forward' ? places.toReversed() : places;
        seen.push(...inOrder.map(({ partition, offset }) => `${partition}/${offset}`));
        more = page.next !== null;
        if (page.next) cursor = decodeCursor(TOPIC, page.next);
      }
      expect(seen).toEqual(direction === 'forward' ? expected : expected.toReversed());
    }
  });

  it('between two places has the newest of what is between them', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 9));
    const page = history.page(TOPIC, { before: record(8), after: record(2), limit: 3 });
    expect(offsetsOf(page)).toEqual([7, 6, 5]);
    expect(
      offsetsOf(history.page(TOPIC, { before: decodeCursor(TOPIC, page.next!), after: record(2), limit: 3 })),
    ).toEqual([4, 3]);
  });

  it('stays the same when messages come in meanwhile', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 9));
    const { next } = history.page(TOPIC, { limit: 5 });
    history.insert(TOPIC, records(10, 19));
    expect(offsetsOf(history.page(TOPIC, { limit: 5, before: decodeCursor(TOPIC, next!) }))).toEqual([4, 3, 2, 1, 0]);
  });

  it('costs about the same at any depth', () => {
    const history = openHistory({ topics: [TOPIC] });
    history.insert(TOPIC, records(0, 49_999));
    const time = (before: Keyset): number => {
      const start = performance.now();
      for (let round = 0; round < 50; round += 1) history.page(TOPIC, { before, limit: 50 });
      return performance.now() - start;
    };
    time(record(49_999));
    // An order of magnitude, since the machine may be busy: with OFFSET the deep one takes hundreds of times as long.
    expect(time(record(100))).toBeLessThan(10 * time(record(49_999)) + 5);
  });
});

describe('a page that is read forward', () => {
  it('ends where it is to end, and goes on from there', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 9));
    const span = { before: record(8), after: record(2), forward: true };
    const page = history.page(TOPIC, { ...span, limit: 3 });
    expect(offsetsOf(page)).toEqual([5, 4, 3]);
    const rest = history.page(TOPIC, { ...span, after: decodeCursor(TOPIC, page.next!), limit: 3 });
    expect([offsetsOf(rest), rest.next]).toEqual([[7, 6], null]);
  });

  it('of no records leads to where it begins, if there is something', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 9));
    const { records: none, next } = history.page(TOPIC, { after: record(7), limit: 0 });
    expect([none, decodeCursor(TOPIC, next!)]).toMatchObject([[], { offset: 7 }]);
    expect(history.page(TOPIC, { after: record(9), limit: 0 }).next).toBeNull();
  });
});

describe('a page of bytes', () => {
  it('ends when it is full, with the cursor of what follows, and has one record at least', () => {
    const history = openHistory();
    for (let offset = 0; offset < 10; offset += 1) history.insert(TOPIC, [largeRecord(offset, 30_000)]);
    const page = history.page(TOPIC, { limit: 10, bytes: 100_000 });
    expect(offsetsOf(page)).toEqual([9, 8, 7]);
    const next = history.page(TOPIC, { limit: 10, bytes: 1, before: decodeCursor(TOPIC, page.next!) });
    expect(offsetsOf(next)).toEqual([6]);
    expect(next.next).not.toBeNull();
  });

  it('reads no more than some megabytes, however little is shown of them', () => {
    const history = openHistory();
    for (let offset = 0; offset < 10; offset += 1) history.insert(TOPIC, [largeRecord(offset, 1_000_000)]);
    expect(offsetsOf(history.page(TOPIC, { limit: 10 }))).toEqual([9, 8]);
  });
});

describe('what is between positions', () => {
  const at = (next: number, other = 0): Positions =>
    Positions.from({ 0: { next, timestamp: 0 }, ...(other > 0 && { 1: { next: other, timestamp: 0 } }) });
  const places = (found: HistoryRecord[]) => found.map(({ partition, offset }) => `${partition}/${offset}`);
  const ALL = { limit: 100, bytes: 1e6 };

  function twoPartitions(): History {
    const history = openHistory();
    history.insert(TOPIC, [...records(0, 5), record(0, { partition: 1 }), record(1, { partition: 1 })]);
    return history;
  }

  it('is everything in between, each partition in its order', () => {
    const history = twoPartitions();
    expect(places(history.between(TOPIC, at(4, 1), history.positions(TOPIC), ALL))).toEqual(['0/4', '0/5', '1/1']);
    expect(history.countBetween(TOPIC, at(4, 1), history.positions(TOPIC), 100)).toBe(3);
  });

  it('ends where it is to end', () => {
    expect(places(twoPartitions().between(TOPIC, at(1), at(3, 1), ALL))).toEqual(['0/1', '0/2', '1/0']);
  });

  it('has all of a partition that is not known', () => {
    const history = twoPartitions();
    expect(places(history.between(TOPIC, at(6), history.positions(TOPIC), ALL))).toEqual(['1/0', '1/1']);
  });

  it('is nothing when nothing is in between', () => {
    const history = twoPartitions();
    expect(history.between(TOPIC, at(6, 2), history.positions(TOPIC), ALL)).toEqual([]);
    expect(history.countBetween(TOPIC, at(6, 2), history.positions(TOPIC), 100)).toBe(0);
  });

  it.each([
    [{ limit: 1, bytes: 1e6 }, ['0/4']],
    [{ limit: 2, bytes: 1e6 }, ['0/4', '0/5']],
    [{ limit: 3, bytes: 1e6 }, ['0/4', '0/5', '1/0']],
    [{ limit: 3, bytes: 1 }, ['0/4']],
  ])('is given within %o', (bound, expected) => {
    const history = twoPartitions();
    expect(places(history.between(TOPIC, at(4), history.positions(TOPIC), bound))).toEqual(expected);
  });

  it('is given within bytes over all partitions', () => {
    const history = openHistory();
    const large = (partition: number) => upTo(2).map((offset) => ({ ...largeRecord(offset, 40_000), partition }));
    history.insert(TOPIC, [...large(0), ...large(1)]);
    const given = (bytes: number) =>
      places(history.between(TOPIC, new Positions(), history.positions(TOPIC), { limit: 10, bytes }));
    expect(given(80_000 - 1)).toEqual(['0/0']);
    expect(given(100_000)).toEqual(['0/0', '0/1', '1/0']);
    expect(given(80_008)).toEqual(['0/0', '0/1']);
  });

  it.each([1, 2, 3, 4, 5])('is counted up to %i', (limit) => {
    const history = twoPartitions();
    expect(history.countBetween(TOPIC, at(4), history.positions(TOPIC), limit)).toBe(Math.min(limit, 4));
  });

  it('has a gap when some of it was evicted', () => {
    const history = openHistory({ maxRows: 3 });
    history.insert(TOPIC, records(0, 5));
    trimAll(history);
    expect([2, 3].map((next) => history.hasGapAfter(TOPIC, at(next)))).toEqual([true, false]);
  });
});
