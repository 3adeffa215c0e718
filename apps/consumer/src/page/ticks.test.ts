import { describe, expect, it } from 'vitest';
import { roundBelow, roundSpan, ticks } from './ticks.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A moment by the clock of this place. */
const at = (...[hours, minutes, seconds = 0]: number[]) => new Date(2026, 10, 26, hours, minutes, seconds).getTime();
const labels = (from: number, to: number, most: number) => ticks(from, to, most).map(({ label }) => label);

describe('labels of an axis', () => {
  it('stand at round times of the place', () => {
    expect(labels(at(14, 3), at(15, 1), 4)).toEqual(['14:15', '14:30', '14:45', '15:00']);
    expect(labels(at(14, 3, 1), at(14, 3, 31), 3)).toEqual(['14:03:10', '14:03:20', '14:03:30']);
  });

  it('are days where the time spans more than one', () => {
    expect(labels(at(23, 0), at(23, 0) + 2 * DAY_MS, 4)).toEqual(['27 Nov', '12:00', '28 Nov', '12:00']);
    expect(labels(at(1, 0), at(1, 0) + 20 * DAY_MS, 5).length).toBeLessThanOrEqual(5);
  });

  it.each([1, 30, 600, 86_400, 5_000_000, 400_000_000])('are never more than fit, in %i s', (seconds) => {
    const found = ticks(at(14, 3), at(14, 3) + seconds * 1_000, 6);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(7);
  });
});

it.each([
  [1, 1],
  [4.9, 2],
  [5, 5],
  [99, 50],
  [7_400, 5_000],
])('the round value below %f is %i', (value, round) => {
  expect(roundBelow(value)).toBe(round);
});

it.each([
  [500, '500 ms'],
  [1_000, '1 s'],
  [90_000, '90 s'],
  [30 * MINUTE_MS, '30 min'],
  [DAY_MS, '1 day'],
  [7 * DAY_MS, '7 days'],
])('%i ms is %s', (ms, name) => {
  expect(roundSpan(ms)).toBe(name);
});
