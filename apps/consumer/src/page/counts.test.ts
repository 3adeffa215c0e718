import { describe, expect, it } from 'vitest';
import { toCounts } from '../../testing/scripted-site.ts';
import { Counts, type CountsAnswer } from './counts.ts';

/** Ten buckets of a second each, from 10 s to 20 s. */
const ANSWER: CountsAnswer = { ...toCounts(Array.from({ length: 10 }, (_, index) => index)), from: 10_000, to: 20_000 };

const open = (answer: Partial<CountsAnswer> = {}) => new Counts({ ...ANSWER, ...answer }, true);

describe('counts', () => {
  it('are those of the server, each from a time to the next', () => {
    const counts = open({ before: 3, after: 4 });
    expect(counts.bars[3]).toEqual({ from: 13_000, to: 14_000, value: 3 });
    expect([counts.before, counts.within, counts.after]).toEqual([3, 45, 4]);
  });

  it('take in what comes live where it belongs, also outside', () => {
    const counts = open();
    for (const time of [9_999, 10_000, 19_999, 20_000]) counts.add(time);
    expect(counts.bars[0]?.value).toBe(1);
    expect(counts.bars[9]?.value).toBe(10);
    expect([counts.before, counts.after]).toEqual([1, 1]);
  });

  it('go on as the time does, but for a range that was chosen', () => {
    const [counts, range] = [open(), new Counts(ANSWER, false)];
    for (const each of [counts, range]) each.follow(22_500);
    expect(counts.to).toBe(23_000);
    expect(range.to).toBe(20_000);
    counts.add(22_700);
    expect(counts.bars.at(-1)).toEqual({ from: 22_000, to: 23_000, value: 1 });
  });

  it('are bounded, however long nobody asks anew', () => {
    const counts = open();
    counts.follow(10_000_000);
    expect(counts.bars.length).toBe(500);
    counts.add(10_000_000);
    expect(counts.after).toBe(1);
  });

  it('are old when a quarter of their time went by, but for a range that was chosen', () => {
    expect(open().isOld(22_500)).toBe(false);
    expect(open().isOld(22_501)).toBe(true);
    expect(new Counts(ANSWER, false).isOld(1e9)).toBe(false);
  });

  it('are summed from bucket to bucket', () => {
    expect(open().between({ from: 12_000, to: 15_000 })).toBe(2 + 3 + 4);
  });

  it.each([
    [9_000, 10_000],
    [10_999, 10_000],
    [11_000, 11_000],
    [99_000, 19_000],
  ])('have a bucket for the time %i, the first or last one where it is outside', (time, from) => {
    expect(open().bucketAt(time).from).toBe(from);
  });
});
