import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';
import { percentile } from './statistics.ts';

function of(values: number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('Histogram', () => {
  it('finds the percentiles of what was recorded, to 1 %', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.9, 0.99, 1),
        (values, share) => {
          const exact = percentile(values, share);
          const found = of(values).percentile(share);
          expect(found).toBeGreaterThanOrEqual(exact * 0.9999);
          expect(found).toBeLessThanOrEqual(exact * 1.0101);
        },
      ),
    );
  });

  it('knows the largest exactly', () => {
    const histogram = of([1, 12.345, 3]);
    expect(histogram.latencies().maxMs).toBe(12.345);
    expect(histogram.percentile(1)).toBe(12.345);
  });

  it('tells one in a thousand from one in a hundred', () => {
    const latencies = of(Array.from({ length: 10_000 }, (_, index) => (index < 9_985 ? 1 : 100))).latencies();
    expect(latencies.p99Ms).toBeLessThan(1.02);
    expect(latencies.p999Ms).toBeGreaterThan(99);
  });

  it('takes what is too small or too large for its buckets', () => {
    const histogram = of([0, 1e9]);
    expect(histogram.percentile(0.5)).toBeLessThanOrEqual(0.01);
    expect(histogram.latencies().maxMs).toBe(1e9);
  });

  it('has no percentiles of nothing', () => {
    expect(new Histogram().percentile(0.5)).toBeNaN();
  });
});
