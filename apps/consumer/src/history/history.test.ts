import { Positions } from '@hello/broadcasts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../../producer/testing/seeded-random.ts';
import { largeRecord, record, records } from '../../testing/record.ts';
import { decodeCursor } from './cursor.ts';
import { History } from './history.ts';
import { INLINE_BYTES, PART_BYTES } from './large-values.ts';
import type { Page } from './records.ts';
import { AFTER_ALL, BEFORE_ALL, compareKeysets, type Keyset } from './keyset.ts';
import type { HistoryRecord } from './record.ts';
import { HEAD_BYTES } from './record-row.ts';

const TOPIC = 'hello-world';

function open(options: Partial<ConstructorParameters<typeof History>[0]> = {}): History {
  const bounds = { maxAgeMs: 1_000_000, maxRows: 100_000, maxBytes: 1e9 };
  const history = new History({ topics: [TOPIC, 'other'], ...bounds, ...options });
  onTestFinished(() => history.close());
  return history;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const offsets = (page: Pick<Page, 'records'>): number[] => page.records.map(({ offset }) => offset);
/** Trims until there is nothing to trim, as a reader does. Answers with the number of times. */
function trimAll(history: History): number {
  let times = 1;
  while (history.trim()) times += 1;
  return times;
}
function evictAll(history: History, now: number): number {
  return [...history.evictExpired(now)].length;
}
const positions = (next: number, timestamp = next - 1): Positions => Positions.from({ 0: { next, timestamp } });

describe('inserting', () => {
  it('answers with the messages that were not there before', () => {
    const history = open();
    expect(history.insert(TOPIC, records(0, 3))).toHaveLength(4);
    expect(history.insert(TOPIC, records(2, 5)).map(({ offset }) => offset)).toEqual([4, 5]);
    expect(history.count(TOPIC)).toBe(6);
  });

  it('keeps topics apart', () => {
    const history = open();
    history.insert(TOPIC, records(0, 3));
    expect(history.insert('other', [record(0, { topic: 'other' })])).toHaveLength(1);
    expect([TOPIC, 'other'].map((topic) => history.count(topic))).toEqual([4, 1]);
  });

  it('moves the positions on', () => {
    const history = open();
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
    const history = open();
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
    const history = open();
    history.insert(TOPIC, [record(7)]);
    expect(read(history)).toEqual(answer);
  });

  it('writes one transaction for many that come one by one', () => {
    const history = open();
    const sizes = new Set<number>();
    for (const each of records(0, 999)) {
      history.insert(TOPIC, [each]);
      sizes.add(history.bytes);
    }
    expect(sizes.size).toBeLessThanOrEqual(1_000 / 50 + 1);
    expect(sizes.size).toBeGreaterThan(2);
  });

  it('takes the parts of a large value while other records are still to be written', () => {
    const history = open();
    history.insert(TOPIC, [record(0)]);
    expect(history.trim()).toBe(false);
    history.insert(TOPIC, [record(1)]);
    history.addPart(TOPIC, { partition: 0, offset: 2 }, 0, Buffer.from('a part'));
    expect(history.part(TOPIC, { partition: 0, offset: 2 }, 0)).toEqual(new Uint8Array(Buffer.from('a part')));
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([1, 0]);
  });

  it('tells everyone from then on when records cannot be written', () => {
    const history = open();
    const wrong = { ...record(1), timestamp: {} as unknown as number };
    history.insert(TOPIC, [record(0), wrong]);
    const reason = /the history cannot be written to the folder of temporary files, TMPDIR: ./;
    expect(() => history.page(TOPIC, { limit: 10 })).toThrow(reason);
    expect(() => history.insert(TOPIC, [record(2)])).toThrow(reason);
    expect(() => open().insert(TOPIC, [wrong, ...records(2, 50)])).toThrow(reason);
  });

  it('refuses a topic that it was not made for', () => {
    expect(() => open().insert('nope', [])).toThrow('nope');
  });
});

describe('a page', () => {
  it('has the newest messages first, and the cursor of the page after it', () => {
    const history = open();
    history.insert(TOPIC, records(0, 9));
    const first = history.page(TOPIC, { limit: 4 });
    expect(offsets(first)).toEqual([9, 8, 7, 6]);
    const second = history.page(TOPIC, { limit: 6, before: decodeCursor(TOPIC, first.next!) });
    expect(offsets(second)).toEqual([5, 4, 3, 2, 1, 0]);
    expect(second.next).toBeNull();
  });

  it('of an empty topic is empty', () => {
    expect(open().page(TOPIC, { limit: 4 })).toEqual({ records: [], next: null });
  });

  it.each(['backward', 'forward'] as const)('after page gives every message once, %s, at any size', (direction) => {
    const random = seededRandom(3);
    const history = open();
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
    const history = open();
    history.insert(TOPIC, records(0, 9));
    const page = history.page(TOPIC, { before: record(8), after: record(2), limit: 3 });
    expect(offsets(page)).toEqual([7, 6, 5]);
    expect(
      offsets(history.page(TOPIC, { before: decodeCursor(TOPIC, page.next!), after: record(2), limit: 3 })),
    ).toEqual([4, 3]);
  });

  it('stays the same when messages come in meanwhile', () => {
    const history = open();
    history.insert(TOPIC, records(0, 9));
    const { next } = history.page(TOPIC, { limit: 5 });
    history.insert(TOPIC, records(10, 19));
    expect(offsets(history.page(TOPIC, { limit: 5, before: decodeCursor(TOPIC, next!) }))).toEqual([4, 3, 2, 1, 0]);
  });

  it('costs about the same at any depth', () => {
    const history = open({ topics: [TOPIC] });
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

describe('evicting', () => {
  it('takes the oldest above the number of rows, and not one more', () => {
    const history = open({ maxRows: 5 });
    history.insert(TOPIC, records(0, 4));
    expect(trimAll(history)).toBe(1);
    expect(history.count(TOPIC)).toBe(5);
    history.insert(TOPIC, records(5, 8));
    trimAll(history);
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([8, 7, 6, 5, 4]);
  });

  it.each([0, 1, 499, 500, 501, 1_000, 1_001])('takes %i rows too many in steps that are short', (tooMany) => {
    const history = open({ maxRows: 10 });
    history.insert(TOPIC, records(0, 9 + tooMany));
    expect(trimAll(history)).toBeLessThanOrEqual(1 + Math.ceil(tooMany / 500));
    expect(history.count(TOPIC)).toBe(10);
  });

  it('takes what is too old, of every topic, and nothing that is just old enough', () => {
    const history = open({ maxAgeMs: 10 });
    history.insert(TOPIC, records(1, 20));
    history.insert('other', [record(3, { topic: 'other' })]);
    evictAll(history, 25);
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([20, 19, 18, 17, 16, 15]);
    expect([TOPIC, 'other'].map((topic) => history.count(topic))).toEqual([6, 0]);
  });

  it('takes what is too old step by step, so that nobody waits long', () => {
    const history = open({ maxAgeMs: 10 });
    history.insert(TOPIC, records(1, 1_500));
    const steps = history.evictExpired(1_000_000);
    steps.next();
    expect(history.count(TOPIC)).toBe(1_000);
    expect([...steps]).toHaveLength(3);
    expect(history.count(TOPIC)).toBe(0);
  });

  it('leaves what has no time of its own, since it is not known to be old', () => {
    const history = open({ maxAgeMs: 10 });
    history.insert(TOPIC, [record(0, { timestamp: 0 }), record(1, { timestamp: 1 })]);
    evictAll(history, 1_000_000);
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([0]);
  });

  it('forgets a topic that was created anew at once, and deletes what it had step by step', () => {
    const history = open();
    history.insert(TOPIC, records(0, 2_000));
    history.insert('other', [record(3, { topic: 'other' })]);
    const { bytes } = history;
    history.clear(TOPIC);
    expect(history.count(TOPIC)).toBe(0);
    expect(history.positions(TOPIC).empty).toBe(true);
    expect(history.insert(TOPIC, records(0, 1))).toHaveLength(2);
    expect(trimAll(history)).toBeGreaterThan(4);
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([1, 0]);
    expect(history.count('other')).toBe(1);
    expect(history.bytes).toBeLessThan(bytes / 5);
  });

  it('keeps its file within the bytes, whatever the records are like, and takes them from the largest topic', () => {
    const maxBytes = 2 * 1024 * 1024;
    const history = open({ maxBytes });
    history.insert(
      'other',
      records(0, 99).map((each) => ({ ...each, topic: 'other' })),
    );
    for (let offset = 0; offset < 3_000; offset += 1) {
      const size = [10, 3_000, 40_000][offset % 3]!;
      history.insert(TOPIC, [{ ...record(offset), value: Buffer.alloc(size) }]);
      while (history.trim());
      expect(history.bytes).toBeLessThanOrEqual(maxBytes);
    }
    expect(history.count('other')).toBe(100);
    const kept = offsets(history.page(TOPIC, { limit: 10_000 }));
    expect(kept[0]).toBe(2_999);
    expect(history.count(TOPIC)).toBeGreaterThan(50);
  });

  it.each([
    ['small', upTo(300).map((offset) => largeRecord(offset + 1, 10_000))],
    ['large', [largeRecord(1, 3 * 1024 * 1024)]],
  ])('takes bytes from a topic that has some, however much another one had of %s records', (_, old) => {
    const history = open({ maxBytes: 2 * 1024 * 1024, maxAgeMs: 10 });
    history.insert('other', old);
    evictAll(history, 1_000_000);
    history.insert(
      TOPIC,
      upTo(280).map((offset) => largeRecord(offset, 10_000)),
    );
    trimAll(history);
    expect(history.bytes).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(history.count(TOPIC)).toBeGreaterThan(50);
  });

  it('takes bytes from the topic that has the most bytes, not records', () => {
    const history = open({ maxBytes: 2 * 1024 * 1024 });
    history.insert('other', records(0, 200));
    history.insert(
      TOPIC,
      upTo(100).map((offset) => largeRecord(offset, 30_000)),
    );
    trimAll(history);
    expect(history.count('other')).toBe(201);
    expect(history.count(TOPIC)).toBeLessThan(100);
  });

  it('remembers the furthest that is gone, in whatever order it went', () => {
    const history = open({ maxRows: 1 });
    history.insert(
      TOPIC,
      [5, 1, 9].map((timestamp, offset) => record(offset, { timestamp })),
    );
    trimAll(history);
    expect([1, 2].map((next) => history.hasGapAfter(TOPIC, positions(next)))).toEqual([true, false]);
  });

  it('says each time that something has changed, and only then', () => {
    const history = open({ maxRows: 2, maxAgeMs: 10 });
    const seen = [history.version(TOPIC)];
    const isChangedBy = (change: () => unknown): boolean => {
      change();
      seen.push(history.version(TOPIC));
      return seen.at(-1) !== seen.at(-2);
    };
    const changed = [
      () => history.insert(TOPIC, records(1, 3)),
      () => history.insert(TOPIC, records(1, 3)),
      () => history.trim(),
      () => history.trim(),
      () => evictAll(history, 13),
      () => evictAll(history, 13),
      () => history.clear(TOPIC),
    ].map(isChangedBy);
    expect(changed).toEqual([true, false, true, false, true, false, true]);
  });

  it('keeps nothing when nothing fits', () => {
    const history = open({ maxBytes: 1 });
    history.insert(TOPIC, records(0, 9));
    trimAll(history);
    expect(history.count(TOPIC)).toBe(0);
  });
});

describe('a large value', () => {
  const keep = (history: History, offset: number, bytes: number): void => {
    const large = largeRecord(offset, bytes);
    for (let part = 0; part * PART_BYTES < bytes; part += 1)
      history.addPart(TOPIC, large, part, large.value!.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
    history.insert(TOPIC, [large]);
  };

  it('is read by its beginning, and as a whole in parts', () => {
    const history = open();
    keep(history, 0, 3 * 1024 * 1024 + 1);
    const [found] = history.page(TOPIC, { limit: 1 }).records;
    expect(found).toMatchObject({ offset: 0, valueSize: 3 * 1024 * 1024 + 1 });
    expect(found!.value).toHaveLength(HEAD_BYTES);
    const sizes: number[] = [];
    for (let part = 0, bytes; (bytes = history.part(TOPIC, found!, part)); part += 1) sizes.push(bytes.length);
    expect(sizes).toEqual([...Array(12).fill(PART_BYTES), 1]);
  });

  it.each([
    [INLINE_BYTES, undefined],
    [INLINE_BYTES + 1, INLINE_BYTES + 1],
  ])('of %i bytes is one from a byte above the limit on', (bytes, valueSize) => {
    const history = open();
    keep(history, 0, bytes);
    expect(history.at(TOPIC, 0, 0)!.valueSize).toBe(valueSize);
  });

  it('goes with all of its parts, a few of them at once', () => {
    const history = open({ maxRows: 1 });
    const empty = history.bytes;
    keep(history, 0, 3 * 1024 * 1024);
    history.insert(TOPIC, records(1, 1));
    expect(trimAll(history)).toBeGreaterThan(3);
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([1]);
    expect(history.part(TOPIC, { partition: 0, offset: 0 }, 0)).toBeUndefined();
    expect(history.bytes).toBeLessThan(empty + 100_000);
  });

  it('counts with all of its bytes', () => {
    const history = open({ maxBytes: 8 * 1024 * 1024 });
    for (let offset = 0; offset < 6; offset += 1) {
      keep(history, offset, 2 * 1024 * 1024);
      trimAll(history);
    }
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([5, 4, 3]);
  });
});

describe('a page that is read forward', () => {
  it('ends where it is to end, and goes on from there', () => {
    const history = open();
    history.insert(TOPIC, records(0, 9));
    const span = { before: record(8), after: record(2), forward: true };
    const page = history.page(TOPIC, { ...span, limit: 3 });
    expect(offsets(page)).toEqual([5, 4, 3]);
    const rest = history.page(TOPIC, { ...span, after: decodeCursor(TOPIC, page.next!), limit: 3 });
    expect([offsets(rest), rest.next]).toEqual([[7, 6], null]);
  });

  it('of no records leads to where it begins, if there is something', () => {
    const history = open();
    history.insert(TOPIC, records(0, 9));
    const { records: none, next } = history.page(TOPIC, { after: record(7), limit: 0 });
    expect([none, decodeCursor(TOPIC, next!)]).toMatchObject([[], { offset: 7 }]);
    expect(history.page(TOPIC, { after: record(9), limit: 0 }).next).toBeNull();
  });
});

describe('a place', () => {
  it('is of a record that is kept, was evicted, was never there, or is not there yet', () => {
    const history = open({ maxRows: 3 });
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
    const history = open();
    history.insert(TOPIC, records(0, 3));
    history.clear(TOPIC);
    expect(history.stateOf(TOPIC, 0, 1)).toBe('ahead');
    expect(history.nearest(TOPIC, 0, 1)).toBeUndefined();
  });

  it('has a nearest record in its partition: it, or the next one, or the last one', () => {
    const history = open();
    history.insert(TOPIC, [record(3), record(6), record(100, { partition: 1 })]);
    const nearest = [0, 3, 4, 6, 7].map((offset) => history.nearest(TOPIC, 0, offset));
    expect(nearest.map((each) => each!.offset)).toEqual([3, 3, 6, 6, 6]);
    expect(history.nearest(TOPIC, 0, 4)).toMatchObject({ timestamp: 6, partition: 0, offset: 6 });
    expect(history.nearest(TOPIC, 2, 0)).toBeUndefined();
  });
});

describe('a page of bytes', () => {
  it('ends when it is full, with the cursor of what follows, and has one record at least', () => {
    const history = open();
    for (let offset = 0; offset < 10; offset += 1) history.insert(TOPIC, [largeRecord(offset, 30_000)]);
    const page = history.page(TOPIC, { limit: 10, bytes: 100_000 });
    expect(offsets(page)).toEqual([9, 8, 7]);
    const next = history.page(TOPIC, { limit: 10, bytes: 1, before: decodeCursor(TOPIC, page.next!) });
    expect(offsets(next)).toEqual([6]);
    expect(next.next).not.toBeNull();
  });

  it('reads no more than some megabytes, however little is shown of them', () => {
    const history = open();
    for (let offset = 0; offset < 10; offset += 1) history.insert(TOPIC, [largeRecord(offset, 1_000_000)]);
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([9, 8]);
  });
});

describe('what is between positions', () => {
  const at = (next: number, other = 0): Positions =>
    Positions.from({ 0: { next, timestamp: 0 }, ...(other > 0 && { 1: { next: other, timestamp: 0 } }) });
  const places = (found: HistoryRecord[]) => found.map(({ partition, offset }) => `${partition}/${offset}`);
  const ALL = { limit: 100, bytes: 1e6 };

  function twoPartitions(): History {
    const history = open();
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
    const history = open();
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
    const history = open({ maxRows: 3 });
    history.insert(TOPIC, records(0, 5));
    trimAll(history);
    expect([2, 3].map((next) => history.hasGapAfter(TOPIC, at(next)))).toEqual([true, false]);
  });
});

describe('what is said of a topic', () => {
  const facts = (history: History) => history.facts(TOPIC);

  it('is how much there is, in how many partitions, and the times of it', () => {
    const history = open({ maxAgeMs: 10 });
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
    const history = open();
    history.insert(TOPIC, [record(0, { timestamp: 0 })]);
    expect(facts(history)).toMatchObject({ messages: 1, oldest: null, newest: null });
    history.insert(TOPIC, [record(1, { timestamp: 7 })]);
    expect(facts(history)).toMatchObject({ messages: 2, oldest: 7, newest: 7 });
  });

  it('changes with the number of partitions', () => {
    const history = open();
    const before = history.version(TOPIC);
    history.notePartitions(TOPIC, [0]);
    const after = history.version(TOPIC);
    history.notePartitions(TOPIC, [0]);
    expect([after === before, history.version(TOPIC)]).toEqual([false, after]);
  });
});

describe('positions', () => {
  it('are of another topic when their last record has another time', () => {
    const history = open();
    history.insert(TOPIC, records(0, 5));
    expect(history.isOfAnotherTopic(TOPIC, positions(4))).toBe(false);
    expect(history.isOfAnotherTopic(TOPIC, positions(4, 1_000))).toBe(true);
    expect(history.isOfAnotherTopic(TOPIC, positions(6))).toBe(false);
    expect(history.isOfAnotherTopic(TOPIC, positions(6, 1_000))).toBe(true);
    expect(history.isOfAnotherTopic(TOPIC, positions(99))).toBe(false);
  });

  it('are of no other topic when the time of the last record is not known, to either side', () => {
    const history = open();
    history.insert(TOPIC, records(1, 5));
    expect(history.isOfAnotherTopic(TOPIC, positions(4, 0))).toBe(false);
    history.markGap(TOPIC, 0, 9);
    expect(history.isOfAnotherTopic(TOPIC, positions(9, 1_000))).toBe(false);
    history.insert(TOPIC, [record(9)]);
    expect(history.isOfAnotherTopic(TOPIC, positions(10, 1_000))).toBe(true);
  });

  it('are of no other topic when the last record had no time of its own, which another replica may know', () => {
    const history = open();
    history.insert(TOPIC, [record(0), record(1, { timestamp: 7 }), record(2)]);
    history.insert(TOPIC, [{ ...record(3), timestamp: 7, timestampType: 'unknown' }, record(4)]);
    expect([2, 4].map((next) => history.isOfAnotherTopic(TOPIC, positions(next, 5)))).toEqual([true, false]);
  });

  it('are told from those of another topic also when the last record is not kept any more', () => {
    const history = open({ maxAgeMs: 10 });
    history.insert(TOPIC, records(1, 5));
    evictAll(history, 1_000);
    expect([5, 1_000].map((timestamp) => history.isOfAnotherTopic(TOPIC, positions(6, timestamp)))).toEqual([
      false,
      true,
    ]);
  });

  it('go on after what is gone, and something has changed then', () => {
    const history = open();
    history.insert(TOPIC, records(0, 2));
    const changes = history.version(TOPIC);
    history.markGap(TOPIC, 0, 7);
    expect(history.positions(TOPIC).get(0)!.next).toBe(7);
    expect(history.version(TOPIC)).not.toBe(changes);
    expect(history.insert(TOPIC, records(6, 7)).map(({ offset }) => offset)).toEqual([7]);
  });
});

it('gives records back as they came', () => {
  const history = open();
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
  const history = open();
  history.insert(TOPIC, records(0, 59), 1_700_000_000_000);
  history.insert(TOPIC, [record(60)]);
  const readAts = [0, 1, 49, 50, 59, 60].map((offset) => history.at(TOPIC, 0, offset)!.readAt);
  expect(readAts).toEqual([...Array(5).fill(1_700_000_000_000), undefined]);
});

it('can be closed twice', () => {
  const history = open();
  history.close();
  history.close();
  expect(history.topics).toEqual([TOPIC, 'other']);
});
