import { expect, it, vi } from 'vitest';
import { isMet } from '../goal.ts';
import { type FairnessMeasurement, LIVE, measureFairness } from './fairness.ts';
import { FAIRNESS_COLUMNS, fairnessGoals, fairnessRow, startRow } from './fairness-report.ts';
import { type BusyStart, measureBusyStart } from './fairness-start.ts';

vi.mock(import('../say.ts'), () => ({ say: () => {} }));

const START: BusyStart = {
  records: 1_000_000,
  starts: [12, 14].map((wallMs) => ({ healthMs: 300, readyMs: 6_000, stretch: { wallMs, cpuMs: 10 } })),
  exitMs: 150,
  exitCode: 0,
};

const MEASURED: FairnessMeasurement = {
  exports: true,
  storms: true,
  stretches: [
    { wallMs: 15, cpuMs: 12 },
    { wallMs: 12, cpuMs: 11 },
  ],
  health: { asked: 400, failed: 0, p50Ms: 2, p99Ms: 20, maxMs: 30 },
  delivery: {
    ...{ expected: 200_000, delivered: 200_000, missing: 0, doubled: 0, outOfOrder: 0, lost: 0 },
    ...{ p50Ms: 2, p99Ms: 20, p999Ms: 25, maxMs: 30, bytes: 1_000 },
  },
  exported: { rows: 2_000_000, whole: 1, holes: 0 },
  rowsPerSecond: 100_000,
  stormed: [{ ms: 900, missing: 0, doubled: 0, gaps: 0 }],
  cores: 0.9,
};

const unmet = (measured: FairnessMeasurement, start = START) =>
  fairnessGoals([measured], start)
    .filter((goal) => !isMet(goal))
    .map(({ what, vital }) => [what.split(': ')[1], vital]);

it('measures live traffic alone and beside exports and storms, in which nothing is lost', async () => {
  const measured = await measureFairness({ records: 2_000, seconds: 1, storm: 20 });
  expect(measured.map(({ exports, storms }) => [exports, storms])).toEqual([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]);
  for (const { delivery, exported, stormed, health, stretches, exports, storms } of measured) {
    expect(stretches).toHaveLength(2);
    expect(delivery).toMatchObject({ delivered: LIVE.clients * LIVE.rate, missing: 0, doubled: 0, outOfOrder: 0 });
    expect(exported.holes).toBe(0);
    expect(exported.rows > 0).toBe(exports);
    expect(stormed.map(({ missing, doubled }) => [missing, doubled])).toEqual(
      storms
        ? [
            [0, 0],
            [0, 0],
          ]
        : [],
    );
    expect(health.failed).toBe(0);
  }
});

it('starts on a log, and ends in the midst of reading it', async () => {
  const start = await measureBusyStart(2_000, 1);
  expect(start.starts).toHaveLength(1);
  for (const { readyMs, healthMs } of start.starts) expect(readyMs).toBeGreaterThanOrEqual(healthMs);
  expect(start.exitMs).toBeGreaterThan(0);
});

it('reports in rows as wide as the columns', () => {
  expect(fairnessRow(MEASURED)).toHaveLength(FAIRNESS_COLUMNS.length);
  expect(startRow(START)).toHaveLength(FAIRNESS_COLUMNS.length);
});

it('has goals of speed, and vital ones that nothing is lost', () => {
  expect(unmet(MEASURED)).toEqual([]);
  const [, second] = MEASURED.stretches;
  expect(unmet({ ...MEASURED, stretches: [{ wallMs: 21, cpuMs: 3 }, second!] })).toEqual([
    ['longest stretch', undefined],
  ]);
  expect(unmet({ ...MEASURED, stormed: [{ ms: 1, missing: 0, doubled: 1, gaps: 0 }] })).toEqual([
    ['messages lost, doubled or out of order', true],
  ]);
  expect(unmet({ ...MEASURED, exported: { rows: 1, whole: 0, holes: 1 } })).toEqual([['holes in downloads', true]]);
  expect(unmet(MEASURED, { ...START, exitCode: null })).toEqual([['exit code', undefined]]);
});
