import { expect, it, vi } from 'vitest';
import { measureHistory } from './history.ts';
import { historyGoals, HISTORY_COLUMNS, historyRows } from './history-report.ts';

vi.mock(import('../say.ts'), () => ({ say: () => {} }));

it('reads pages of the same size from both, first and deep, and from ours others, and what is found', async () => {
  const measured = await measureHistory({ records: 2_000, rounds: 1, ms: 100 });
  expect(measured.map(({ page, server }) => `${page} ${server}`)).toEqual([
    'first ours',
    'first OFFSET',
    'deep ours',
    'deep OFFSET',
    'at a time ours',
    'at an offset ours',
    'search ours',
    'histogram ours',
  ]);
  for (const { requests } of measured) expect(requests).toBeGreaterThan(0);
  for (const { bytes } of measured.slice(0, -2)) expect(bytes / measured[0]!.bytes).toBeCloseTo(1, 1);
  expect(measured.at(-2)).toMatchObject({ looked: 2_000, found: 1 });
  const goals = historyGoals(measured, 2_000);
  expect(goals).toHaveLength(11);
  expect(goals.every((goal) => Number.isFinite(goal.measured))).toBe(true);
  const rows = historyRows(measured);
  expect(rows).toHaveLength(8);
  expect(rows.every((row) => row.length === HISTORY_COLUMNS.length)).toBe(true);
});
