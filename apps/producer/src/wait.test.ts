import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { drawWait } from './wait.ts';

const BOUNDS = { minMs: 1_000, maxMs: 10_000 };
const WIDTH_MS = BOUNDS.maxMs - BOUNDS.minMs;
const DRAWS = 20_000;

const draw = (seed: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: DRAWS }, () => drawWait(BOUNDS, random));
};
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The largest distance between the distribution of the draws and the uniform one: Kolmogorov and Smirnov's D. */
function distanceFromUniform(draws: number[]): number {
  const sorted = draws.toSorted((a, b) => a - b);
  const distances = sorted.map((value, index) => {
    const expected = (value - BOUNDS.minMs) / WIDTH_MS;
    return Math.max(expected - index / DRAWS, (index + 1) / DRAWS - expected);
  });
  return Math.max(...distances);
}

/** Between each draw and the one that is `lag` later. */
function autocorrelation(draws: number[], lag: number): number {
  const centre = mean(draws);
  const deviations = draws.map((value) => value - centre);
  const products = deviations.slice(lag).map((value, index) => value * deviations[index]!);
  return products.reduce((sum, value) => sum + value, 0) / deviations.reduce((sum, value) => sum + value ** 2, 0);
}

describe('drawWait', () => {
  it('gives the lower bound for the smallest random number, and comes near the upper one for the largest', () => {
    expect(drawWait(BOUNDS, () => 0)).toBe(1_000);
    expect(drawWait(BOUNDS, () => 1 - 2 ** -53)).toBeCloseTo(10_000, 9);
    expect(drawWait(BOUNDS, () => 0.5)).toBe(5_500);
  });

  it('gives the one wait there is when both bounds are the same', () => {
    expect(drawWait({ minMs: 700, maxMs: 700 }, Math.random)).toBe(700);
  });

  it('asks for a new random number each time, and for one only', () => {
    const numbers = [0.1, 0.9, 0.2];
    const random = () => numbers.shift()!;
    expect(drawWait(BOUNDS, random)).toBe(1_900);
    expect(drawWait(BOUNDS, random)).toBe(9_100);
    expect(numbers).toEqual([0.2]);
  });

  describe.each([1, 2, 3])('with the random numbers of seed %i', (seed) => {
    const draws = draw(seed);

    it('stays within the bounds and reaches both ends', () => {
      const sorted = draws.toSorted((a, b) => a - b);
      expect(sorted[0]).toBeGreaterThanOrEqual(1_000);
      expect(sorted[0]).toBeLessThan(1_010);
      expect(sorted.at(-1)).toBeLessThan(10_000);
      expect(sorted.at(-1)).toBeGreaterThan(9_990);
    });

    it('has the mean and the spread of the uniform distribution', () => {
      // Four standard errors.
      const deviation = WIDTH_MS / Math.sqrt(12);
      expect(Math.abs(mean(draws) - 5_500)).toBeLessThan((4 * deviation) / Math.sqrt(DRAWS));
      const spread = Math.sqrt(mean(draws.map((value) => (value - 5_500) ** 2)));
      expect(spread / deviation).toBeCloseTo(1, 1);
    });

    it('is uniform by the test of Kolmogorov and Smirnov, at 1 %', () => {
      expect(distanceFromUniform(draws)).toBeLessThan(1.628 / Math.sqrt(DRAWS));
    });

    it.each([1, 2, 5])('does not depend on the wait %i before', (lag) => {
      expect(Math.abs(autocorrelation(draws, lag))).toBeLessThan(4 / Math.sqrt(DRAWS));
    });

    it('gives real numbers, hardly ever whole ones or the same again', () => {
      expect(draws.filter(Number.isInteger).length).toBeLessThan(DRAWS / 1_000);
      expect(new Set(draws).size).toBeGreaterThan(0.999 * DRAWS);
    });
  });
});
