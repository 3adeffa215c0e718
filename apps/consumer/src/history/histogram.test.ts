import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { record } from '../../testing/record.ts';
import { type Histogram, type HistogramQuery, histogramOf } from './histogram.ts';
import { History } from './history.ts';
import type { HistoryRecord } from './record.ts';

const TOPIC = 'hello-world';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 26, 7, 30, 12, 345);
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const WIDTHS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...Array.from({ length: 30 }, (_, index) => DAY * 2 ** index),
];

function open(options: Partial<ConstructorParameters<typeof History>[0]> = {}): History {
  const history = new History({ topics: [TOPIC], maxAgeMs: 7 * DAY, maxRows: 1e7, maxBytes: 1e10, ...options });
  onTestFinished(() => history.close());
  return history;
}
const at = (times: number[], first = 0): HistoryRecord[] =>
  times.map((timestamp, index) => record(first + index, { timestamp }));
const ask = (history: History, query: Partial<HistogramQuery> = {}): Histogram =>
  histogramOf(history, TOPIC, { buckets: 120, ...query }, NOW);
const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0);

/** What is right, said in the plainest way. */
function countedOneByOne({ from, to, bucketMs }: Histogram, times: number[]) {
  const counts = Array<number>((to - from) / bucketMs).fill(0);
  for (const time of times) if (time >= from && time < to) counts[Math.floor((time - from) / bucketMs)]! += 1;
  return {
    counts,
    before: times.filter((time) => time < from).length,
    after: times.filter((time) => time >= to).length,
  };
}

describe('a histogram', () => {
  it('goes from the oldest message to the end of the bucket of now', () => {
    const history = open();
    history.insert(TOPIC, at([NOW - 90 * SECOND, NOW - 89 * SECOND, NOW]));
    const histogram = ask(history);
    expect(histogram).toMatchObject({ bucketMs: SECOND, before: 0, after: 0, since: null });
    expect(histogram.from).toBe(NOW - 345 - 90 * SECOND);
    expect(histogram.to).toBe(NOW - 345 + SECOND);
    expect(histogram.counts).toHaveLength(91);
    expect([histogram.counts[0], histogram.counts[1], histogram.counts[90]]).toEqual([1, 1, 1]);
  });

  it('of nothing is the bucket of now', () => {
    expect(ask(open())).toEqual({
      from: NOW - 345,
      to: NOW - 345 + SECOND,
      bucketMs: SECOND,
      counts: [0],
      before: 0,
      after: 0,
      since: null,
    });
  });

  it('has what is outside of it beside it: what has no time or a wrong one, and what is of the future', () => {
    const history = open();
    history.insert(TOPIC, at([0, 0, 5, NOW - HOUR, NOW, NOW + DAY, LAST_TIME]));
    const histogram = ask(history);
    // A week is kept at most, and no more is shown.
    expect(histogram).toMatchObject({ bucketMs: 2 * HOUR, before: 3, after: 2 });
    expect(sum(histogram.counts)).toBe(2);
    expect(histogram.from).toBeLessThanOrEqual(NOW - 7 * DAY);
    expect(ask(history, { from: 0, to: LAST_TIME + 1 })).toMatchObject({ before: 0, after: 0 });
  });

  it.each([
    [{ from: NOW + DAY }, 1],
    [{ to: NOW - 30 * DAY }, 0],
    [{ to: 1 }, 0],
    [{ from: NOW - 10, to: NOW + 1 }, 1],
  ])('of %j is one, too', (query, expected) => {
    const history = open();
    history.insert(TOPIC, at([NOW, NOW + DAY + 1]));
    expect(sum(ask(history, query).counts)).toBe(expected);
  });

  it('tells from when on nothing was evicted', () => {
    const history = open({ maxRows: 2, maxAgeMs: DAY });
    history.insert(TOPIC, at([NOW - 3, NOW - 2, NOW - 1]));
    expect(ask(history).since).toBeNull();
    while (history.trim());
    expect(ask(history).since).toBe(NOW - 2);
    for (const _ of history.evictExpired(NOW - 1 + DAY));
    expect(ask(history).since).toBe(NOW - 1);
    history.clear(TOPIC);
    expect(ask(history).since).toBeNull();
  });

  it('is finer than the cells of the timeline where there are few messages', () => {
    const history = open({ maxAgeMs: 365 * DAY });
    // So many different seconds that the cells are wider than that.
    const spread = Array.from({ length: 60_000 }, (_, index) => NOW - (60_000 - index) * 30 * SECOND);
    history.insert(TOPIC, at(spread));
    expect(history.timeline(TOPIC).cellMs).toBeGreaterThan(30 * SECOND);
    const histogram = ask(history, { from: NOW - 50 * MINUTE, to: NOW });
    expect(histogram.bucketMs).toBe(30 * SECOND);
    expect(histogram).toMatchObject(countedOneByOne(histogram, spread));
  });

  it('is of whole cells where there are many', () => {
    const history = open({ maxAgeMs: 365 * DAY });
    history.insert(TOPIC, at(Array.from({ length: 40_000 }, (_, index) => NOW - index * 60 * SECOND)));
    history.insert(
      TOPIC,
      at(
        Array.from({ length: 25_000 }, () => NOW - HOUR),
        40_000,
      ),
    );
    const { cellMs } = history.timeline(TOPIC);
    const histogram = ask(history, { from: NOW - HOUR - MINUTE, to: NOW });
    expect(histogram.bucketMs % cellMs).toBe(0);
    expect(histogram.bucketMs).toBeGreaterThan(30 * SECOND);
    expect(Math.max(...histogram.counts)).toBeGreaterThan(25_000);
  });
});

const times = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(0, 1, LAST_TIME, NOW) },
  { weight: 4, arbitrary: fc.integer({ min: NOW - 8 * DAY, max: NOW + HOUR }) },
  { weight: 4, arbitrary: fc.integer({ min: NOW - HOUR, max: NOW }) },
);
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ insert: fc.array(times, { maxLength: 30 }) }) },
    { weight: 2, arbitrary: fc.record({ evictAt: fc.integer({ min: NOW - DAY, max: NOW + 7 * DAY }) }) },
    { weight: 1, arbitrary: fc.constant({ clear: true }) },
  ),
  { maxLength: 12 },
);
const queries = fc.record({
  from: fc.option(times, { nil: undefined }),
  lengthMs: fc.option(fc.integer({ min: 1, max: LAST_TIME }), { nil: undefined }),
  buckets: fc.integer({ min: 1, max: 500 }),
});

it('always says what somebody would who counts, whatever came and went and was asked', () => {
  fc.assert(
    fc.property(steps, fc.array(queries, { minLength: 1, maxLength: 5 }), fc.boolean(), (list, asked, isWide) => {
      const history = open({ maxRows: 50 });
      let offset = 0;
      if (isWide) {
        // As after a day of a million messages: the cells are wide, and those that made them so are gone.
        const timeline = history.timeline(TOPIC);
        const many = Array.from({ length: 33_000 }, (_, index) => NOW - index * 61_000);
        for (const time of many) timeline.add(time);
        for (const time of many) timeline.remove(time);
      }
      for (const step of list) {
        if ('insert' in step) history.insert(TOPIC, at(step.insert, offset));
        if ('insert' in step) offset += step.insert.length;
        if ('evictAt' in step) for (const _ of history.evictExpired(step.evictAt));
        if ('clear' in step) history.clear(TOPIC);
        if ('clear' in step) offset = 0;
        while (history.trim());
      }
      const kept = history.page(TOPIC, { limit: 1_000 }).records.map(({ timestamp }) => timestamp);
      for (const { from, lengthMs, buckets } of asked) {
        const to = lengthMs === undefined ? undefined : (from ?? NOW - DAY) + lengthMs;
        const histogram = ask(history, { from, to, buckets });
        const { counts, before, after, bucketMs } = histogram;
        expect({ counts, before, after }).toEqual(countedOneByOne(histogram, kept));
        expect(counts.length).toBeGreaterThan(0);
        expect(counts.length).toBeLessThanOrEqual(buckets);
        expect(WIDTHS).toContain(bucketMs);
        expect([histogram.from % bucketMs, histogram.to % bucketMs]).toEqual([0, 0]);
        expect(histogram.from).toBeLessThanOrEqual(from ?? Infinity);
        expect(histogram.to).toBeGreaterThanOrEqual(to ?? 0);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);
