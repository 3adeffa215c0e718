import { expect, it } from 'vitest';
import { Quantiles } from './quantiles.ts';

it.each([
  ['the same value', Array.from({ length: 100 }, () => 7)],
  ['even values', Array.from({ length: 1_000 }, (_, index) => index)],
  ['values far apart', [...Array.from({ length: 94 }, () => 0), ...Array.from({ length: 6 }, () => 60_000)]],
  ['one value', [33_000]],
])('of %s are right to 2 %', (_, values) => {
  const quantiles = new Quantiles();
  for (const value of values.toReversed()) quantiles.add(value);
  for (const share of [0.5, 0.95, 1]) {
    const exact = values[Math.ceil(share * values.length) - 1]!;
    expect(Math.abs(quantiles.at(share) - exact)).toBeLessThanOrEqual(0.02 * (exact + 1));
  }
});
