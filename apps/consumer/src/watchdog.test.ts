import { Positions } from '@hello/broadcasts';
import { expect, it } from 'vitest';
import { Watchdog } from './watchdog.ts';

const ends = (high: number, low = 0) => [{ partition: 0, low, high }];
const at = (next: number): Positions => (next === 0 ? new Positions() : Positions.from({ 0: { next, timestamp: 1 } }));

it('bites when the end moves on and the reader is silent for too long', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.isStuck(ends(10), at(10), 0)).toBe(false);
  expect(watchdog.isStuck(ends(11), at(10), 10_000)).toBe(false);
  expect(watchdog.isStuck(ends(12), at(10), 59_999)).toBe(false);
  expect(watchdog.isStuck(ends(12), at(10), 60_000)).toBe(true);
});

it('does not bite a reader that is behind but moves', () => {
  const watchdog = new Watchdog(60_000);
  for (let minute = 0; minute < 10; minute += 1) {
    expect(watchdog.isStuck(ends(100 + minute), at(minute + 1), minute * 60_000)).toBe(false);
  }
});

it('does not bite in a quiet hour, nor right after it', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.isStuck(ends(10), at(10), 0)).toBe(false);
  expect(watchdog.isStuck(ends(10), at(10), 3_600_000)).toBe(false);
  expect(watchdog.isStuck(ends(11), at(10), 3_600_010)).toBe(false);
});

it('does not bite when what is left to read stands still, since it may be none of ours', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.isStuck(ends(10), at(9), 0)).toBe(false);
  expect(watchdog.isStuck(ends(10), at(9), 600_000)).toBe(false);
});

it('does not bite while there is nothing to read', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.isStuck([], at(0), 0)).toBe(false);
  expect(watchdog.isStuck(ends(5, 5), at(0), 60_000)).toBe(false);
  expect(watchdog.isStuck([], at(0), 600_000)).toBe(false);
});
