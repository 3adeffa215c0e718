import { expect, it } from 'vitest';
import { Watchdog } from './watchdog.ts';

const ends = (high: number, low = 0, partition = 0) => [{ partition, low, high }];
const at = (next: number): Map<number, number> => new Map(next === 0 ? [] : [[0, next]]);

it('bites when the end moves on and the reader gets no further for too long', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.look(ends(10), at(10), 0)).toBe(0);
  expect(watchdog.look(ends(11), at(10), 10_000)).toBe(0);
  expect(watchdog.look(ends(12), at(10), 59_999)).toBe(0);
  expect(watchdog.look(ends(12), at(10), 60_000)).toBe(1);
});

it('bites once in each silence, and says which one it is', () => {
  const watchdog = new Watchdog(60_000);
  watchdog.look(ends(10), at(10), 0);
  expect([60_000, 70_000, 119_999, 120_000, 180_000].map((now) => watchdog.look(ends(12), at(10), now))).toEqual([
    1, 0, 0, 2, 3,
  ]);
});

it('begins to count anew when the reader got further', () => {
  const watchdog = new Watchdog(60_000);
  watchdog.look(ends(10), at(10), 0);
  expect(watchdog.look(ends(12), at(10), 60_000)).toBe(1);
  expect(watchdog.look(ends(13), at(11), 70_000)).toBe(0);
  expect(watchdog.look(ends(14), at(11), 130_000)).toBe(1);
});

it('bites for one partition, however well the others go', () => {
  const watchdog = new Watchdog(60_000);
  const both = (high: number) => [...ends(high), ...ends(5 + high, 0, 1)];
  for (let second = 0; second < 60; second += 10) {
    const read = new Map([
      [0, 10 + second],
      [1, 15],
    ]);
    expect(watchdog.look(both(10 + second), read, second * 1_000)).toBe(0);
  }
  const read = new Map([
    [0, 70],
    [1, 15],
  ]);
  expect(watchdog.look(both(70), read, 60_000)).toBe(1);
});

it.each([
  ['go on', (minute: number) => 15 + minute],
  ['are read up to their end', () => 15],
])('says that a partition is still stuck though others %s', (_, next) => {
  const watchdog = new Watchdog(60_000);
  const bites = [0, 1, 2, 3].map((minute) => {
    const read = new Map([
      [0, 10],
      [1, next(minute)],
    ]);
    return watchdog.look([...ends(10 + minute), ...ends(next(minute), 0, 1)], read, minute * 60_000);
  });
  expect(bites).toEqual([0, 1, 2, 3]);
});

it('does not bite when the log took what was left to read', () => {
  const watchdog = new Watchdog(60_000);
  watchdog.look(ends(10), at(10), 0);
  expect(watchdog.look(ends(20, 20), at(10), 60_000)).toBe(0);
});

it('does not bite a reader that is behind but moves', () => {
  const watchdog = new Watchdog(60_000);
  for (let minute = 0; minute < 10; minute += 1) {
    expect(watchdog.look(ends(100 + minute), at(minute + 1), minute * 60_000)).toBe(0);
  }
});

it('does not bite in a quiet hour, nor right after it', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.look(ends(10), at(10), 0)).toBe(0);
  expect(watchdog.look(ends(10), at(10), 3_600_000)).toBe(0);
  expect(watchdog.look(ends(11), at(10), 3_600_010)).toBe(0);
});

it('does not bite when what is left to read stands still, since it may not be readable yet', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.look(ends(10), at(9), 0)).toBe(0);
  expect(watchdog.look(ends(10), at(9), 600_000)).toBe(0);
});

it('does not bite while there is nothing to read', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.look([], at(0), 0)).toBe(0);
  expect(watchdog.look(ends(5, 5), at(0), 60_000)).toBe(0);
  expect(watchdog.look([], at(0), 600_000)).toBe(0);
});

it('bites for a partition of which nothing was ever read', () => {
  const watchdog = new Watchdog(60_000);
  expect(watchdog.look(ends(5, 2), at(0), 0)).toBe(0);
  expect(watchdog.look(ends(6, 2), at(0), 60_000)).toBe(1);
});
