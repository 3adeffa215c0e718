import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../producer/testing/seeded-random.ts';
import { Timeline } from './timeline.ts';

const EVERYTHING = { from: 0, to: 2 ** 52, bucketMs: 2 ** 52 };

describe('a timeline', () => {
  it('has cells of a second, of which those count that are in a bucket', () => {
    const timeline = new Timeline();
    for (const time of [0, 999, 1_000, 4_999, 5_000, 9_000, 20_000]) timeline.add(time);
    expect(timeline.cellMs).toBe(1_000);
    expect(timeline.tally({ from: 1_000, to: 10_000, bucketMs: 3_000 })).toEqual({
      counts: [1, 2, 1],
      before: 2,
      after: 1,
    });
  });

  it('forgets what is counted out, down to nothing', () => {
    const timeline = new Timeline();
    for (const time of [1, 2, 3_000]) timeline.add(time);
    for (const time of [2, 3_000]) timeline.remove(time);
    expect(timeline.tally(EVERYTHING).counts).toEqual([1]);
    timeline.remove(1);
    expect(timeline.tally(EVERYTHING).counts).toEqual([0]);
  });

  it.each([
    ['9 hours of one message a second', 1_000, 33_000, 2_000],
    ['a week of one a second', 1_000, 604_800, 30_000],
    ['4 years of one an hour', 3_600_000, 35_000, 2 * 3_600_000],
    ['1,000 years of one a day', 86_400_000, 365_000, 16 * 86_400_000],
  ])('is exact over %s, in cells as wide as it takes', (_, stepMs, count, cellMs) => {
    const timeline = new Timeline();
    for (let index = 0; index < count; index += 1) timeline.add(1_700_000_000_000 + index * stepMs);
    expect(timeline.cellMs).toBe(cellMs);
    const from = Math.ceil(1_700_000_000_000 / cellMs) * cellMs + 100 * cellMs;
    const before = Math.ceil((from - 1_700_000_000_000) / stepMs);
    const inside = cellMs / stepMs;
    expect(timeline.tally({ from, to: from + 2 * cellMs, bucketMs: cellMs })).toEqual({
      counts: [inside, inside],
      before,
      after: count - before - 2 * inside,
    });
  });

  it('is exact after it became wider, for what goes as for what comes', () => {
    const timeline = new Timeline();
    const random = seededRandom(5);
    // Over all time that there can be.
    const times = Array.from({ length: 40_000 }, () => Math.floor(random() * 253_402_300_799_999));
    for (const time of times) timeline.add(time);
    for (const time of times.slice(0, 39_990)) timeline.remove(time);
    const { cellMs } = timeline;
    expect(timeline.tally(EVERYTHING).counts).toEqual([10]);
    const [time] = times.slice(-1);
    const from = Math.floor(time! / cellMs) * cellMs;
    const expected = times.slice(-10).filter((each) => each >= from && each < from + cellMs).length;
    expect(timeline.tally({ from, to: from + cellMs, bucketMs: cellMs }).counts).toEqual([expected]);
  });
});
