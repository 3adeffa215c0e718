import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { Schedule, type Turn } from './schedule.ts';

const BOUNDS = { minMs: 1_000, maxMs: 10_000 };

/** A schedule whose random numbers are given, over and over. */
function createSchedule(random: () => number) {
  const turns: Turn[] = [];
  const schedule = new Schedule({ bounds: BOUNDS, random, onTurn: (turn) => turns.push(turn) });
  return { schedule, turns };
}

const inTurn = (numbers: number[]) => () => numbers.shift() ?? 0;

describe('Schedule', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it('waits before the first turn', async () => {
    const { schedule, turns } = createSchedule(inTurn([0.5]));
    schedule.start();
    await vi.advanceTimersByTimeAsync(5_499);
    expect(turns).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(turns).toHaveLength(1);
  });

  it('counts its turns from 1, tells the time of each, and the wait that really follows', async () => {
    const { schedule, turns } = createSchedule(inTurn([0, 0.5, 0.25, 1 / 9]));
    schedule.start();
    await vi.advanceTimersByTimeAsync(1_000 + 5_500 + 3_250);
    expect(turns).toEqual([
      { sequence: 1, dueAt: 1_000, sentAt: 1_000, nextInMs: 5_500 },
      { sequence: 2, dueAt: 6_500, sentAt: 6_500, nextInMs: 3_250 },
      { sequence: 3, dueAt: 9_750, sentAt: 9_750, nextInMs: 2_000 },
    ]);
  });

  it('tells when a turn was to come, in whole milliseconds, also when it comes late', async () => {
    const { schedule, turns } = createSchedule(inTurn([0.0001]));
    schedule.start();
    vi.setSystemTime(300);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(turns).toEqual([expect.objectContaining({ dueAt: 1_000, sentAt: 1_300 })]);
  });

  it('never tells that a turn came before it was to come', async () => {
    const { schedule, turns } = createSchedule(inTurn([0]));
    schedule.start();
    vi.setSystemTime(-1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(turns).toEqual([expect.objectContaining({ dueAt: 999, sentAt: 999 })]);
  });

  it('draws each wait anew', async () => {
    const { schedule, turns } = createSchedule(seededRandom(7));
    schedule.start();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(turns.length).toBeGreaterThan(500);
    expect(new Set(turns.map(({ nextInMs }) => nextInMs)).size).toBe(turns.length);
  });

  it('takes no turn after it was stopped', async () => {
    const { schedule, turns } = createSchedule(inTurn([]));
    schedule.start();
    await vi.advanceTimersByTimeAsync(2_000);
    schedule.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(turns).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes no turn when it is stopped in one', async () => {
    let turns = 0;
    const schedule = new Schedule({
      bounds: BOUNDS,
      random: () => 0,
      onTurn() {
        turns += 1;
        schedule.stop();
      },
    });
    schedule.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(turns).toBe(1);
  });
});
