import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, percentile, summarize } from './statistics.ts';

describe('median', () => {
  it('is the value in the middle, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is between the two in the middle', () => {
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  it('is no number of nothing', () => {
    expect(median([])).toBeNaN();
  });

  it('has as many values below as above', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above) * 2).toBeLessThanOrEqual(values.length);
      }),
    );
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it('is the value that a share of all stays within', () => {
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 1)).toBe(100);
  });

  it('is the only value there is', () => {
    expect(percentile([7], 0.01)).toBe(7);
  });

  it('is no number of nothing', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('summarize', () => {
  it('gives the middle and the spread', () => {
    expect(summarize([3, 1, 8])).toEqual({ median: 3, min: 1, max: 8 });
  });
});
