import { describe, expect, it } from 'vitest';
import { exact, span } from './time.ts';

const [S, MIN, H, D] = [1000, 60_000, 3_600_000, 86_400_000];

describe('a span', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min'],
    [61 * S, '1 min 1 s'],
    [573.6 * S, '9 min 34 s'],
    [59 * MIN + 59.4 * S, '59 min 59 s'],
    [59 * MIN + 59.6 * S, '1 h'],
    [3 * H + 5 * MIN + 59 * S, '3 h 5 min'],
    [23 * H + 59 * MIN + 59.9 * S, '1 d'],
    [D + H, '1 d 1 h'],
    [400 * D, '400 d'],
  ])('of %d ms is %s', (ms, expected) => {
    expect(span(ms)).toBe(expected);
  });
});

describe('an exact time', () => {
  it('has its date and its milliseconds', () => {
    expect(exact(new Date(2026, 10, 26, 14, 3, 5, 7).getTime())).toBe('26 Nov 2026, 14:03:05.007');
  });
});
