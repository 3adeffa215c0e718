import { Positions } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { evictAll, offsetsOf, openHistory, TOPIC, trimAll } from '../../testing/history.ts';
import { largeRecord, record, records } from '../../testing/record.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const positions = (next: number, timestamp = next - 1): Positions => Positions.from({ 0: { next, timestamp } });

describe('evicting', () => {
  it('takes the oldest above the number of rows, and not one more', () => {
    const history = openHistory({ maxRows: 5 });
    history.insert(TOPIC, records(0, 4));
    expect(trimAll(history)).toBe(1);
    expect(history.count(TOPIC)).toBe(5);
    history.insert(TOPIC, records(5, 8));
    trimAll(history);
    expect(offsetsOf(history.page(TOPIC, { limit: 10 }))).toEqual([8, 7, 6, 5, 4]);
  });

  it.each([0, 1, 499, 500, 501, 1_000, 1_001])('takes %i rows too many in steps that are short', (tooMany) => {
    const history = openHistory({ maxRows: 10 });
    history.insert(TOPIC, records(0, 9 + tooMany));
    expect(trimAll(history)).toBeLessThanOrEqual(1 + Math.ceil(tooMany / 500));
    expect(history.count(TOPIC)).toBe(10);
  });

  it('takes what is too old, of every topic, and nothing that is just old enough', () => {
    const history = openHistory({ maxAgeMs: 10 });
    history.insert(TOPIC, records(1, 20));
    history.insert('other', [record(3, { topic: 'other' })]);
    evictAll(history, 25);
    expect(offsetsOf(history.page(TOPIC, { limit: 10 }))).toEqual([20, 19, 18, 17, 16, 15]);
    expect([TOPIC, 'other'].map((topic) => history.count(topic))).toEqual([6, 0]);
  });

  it('takes what is too old step by step, so that nobody waits long', () => {
    const history = openHistory({ maxAgeMs: 10 });
    history.insert(TOPIC, records(1, 1_500));
    const steps = history.evictExpired(1_000_000);
    steps.next();
    expect(history.count(TOPIC)).toBe(1_000);
    expect([...steps]).toHaveLength(3);
    expect(history.count(TOPIC)).toBe(0);
  });

  it('leaves what has no time of its own, since it is not known to be old', () => {
    const history = openHistory({ maxAgeMs: 10 });
    history.insert(TOPIC, [record(0, { timestamp: 0 }), record(1, { timestamp: 1 })]);
    evictAll(history, 1_000_000);
    expect(offsetsOf(history.page(TOPIC, { limit: 10 }))).toEqual([0]);
  });

  it('counts what it takes by the bound that it was above, and what it forgets not at all', () => {
    const counted = openHistory({ maxRows: 5, maxAgeMs: 10 });
    counted.insert(TOPIC, records(1, 8));
    trimAll(counted);
    expect(counted.evicted).toEqual({ age: 0, bytes: 0, count: 3 });
    evictAll(counted, 16);
    expect(counted.evicted).toEqual({ age: 2, bytes: 0, count: 3 });
    counted.clear(TOPIC);
    trimAll(counted);
    expect(counted.evicted).toEqual({ age: 2, bytes: 0, count: 3 });

    const small = openHistory({ maxBytes: 64 * 1024 });
    small.insert(TOPIC, records(1, 2_000));
    trimAll(small);
    expect(small.evicted).toEqual({ age: 0, bytes: 2_000 - small.count(TOPIC), count: 0 });
    expect(small.evicted.bytes).toBeGreaterThan(0);
  });

  it('forgets a topic that was created anew at once, and deletes what it had step by step', () => {
    const history = openHistory();
    history.insert(TOPIC, records(0, 2_000));
    history.insert('other', [record(3, { topic: 'other' })]);
    const { bytes } = history;
    history.clear(TOPIC);
    expect(history.count(TOPIC)).toBe(0);
    expect(history.positions(TOPIC).empty).toBe(true);
    expect(history.insert(TOPIC, records(0, 1))).toHaveLength(2);
    expect(trimAll(history)).toBeGreaterThan(4);
    expect(offsetsOf(history.page(TOPIC, { limit: 10 }))).toEqual([1, 0]);
    expect(history.count('other')).toBe(1);
    expect(history.bytes).toBeLessThan(bytes / 5);
  });

  it('keeps its file within the bytes, whatever the records are like, and takes them from the largest topic', () => {
    const maxBytes = 2 * 1024 * 1024;
    const history = openHistory({ maxBytes });
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
    const kept = offsetsOf(history.page(TOPIC, { limit: 10_000 }));
    expect(kept[0]).toBe(2_999);
    expect(history.count(TOPIC)).toBeGreaterThan(50);
  });

  it.each([
    ['small', upTo(300).map((offset) => largeRecord(offset + 1, 10_000))],
    ['large', [largeRecord(1, 3 * 1024 * 1024)]],
  ])('takes bytes from a topic that has some, however much another one had of %s records', (_, old) => {
    const history = openHistory({ maxBytes: 2 * 1024 * 1024, maxAgeMs: 10 });
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
    const history = openHistory({ maxBytes: 2 * 1024 * 1024 });
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
    const history = openHistory({ maxRows: 1 });
    history.insert(
      TOPIC,
      [5, 1, 9].map((timestamp, offset) => record(offset, { timestamp })),
    );
    trimAll(history);
    expect([1, 2].map((next) => history.hasGapAfter(TOPIC, positions(next)))).toEqual([true, false]);
  });

  it('says each time that something has changed, and only then', () => {
    const history = openHistory({ maxRows: 2, maxAgeMs: 10 });
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
    const history = openHistory({ maxBytes: 1 });
    history.insert(TOPIC, records(0, 9));
    trimAll(history);
    expect(history.count(TOPIC)).toBe(0);
  });
});
