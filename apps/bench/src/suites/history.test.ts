import { expect, it, vi } from 'vitest';
import { measureHistory } from './history.ts';
import { historyGoals, HISTORY_COLUMNS, historyRows } from './history-report.ts';

vi.mock(import('../say.ts'), () => ({ say: () => {} }));

it('reads pages of the same size from both, first and deep', async () => {
  const measured = await measureHistory({ records: 2_000, rounds: 1, ms: 100 });
  expect(measured.map(({ page, server }) => `${page} ${server}`)).toEqual([
    'first ours',
    'first OFFSET',
    'deep ours',
    'deep OFFSET',
  ]);
  for (const { bytes, requests } of measured) {
    expect(requests).toBeGreaterThan(0);
    expect(bytes / measured[0]!.bytes).toBeCloseTo(1, 1);
  }
  expect(historyGoals(measured, 2_000).every((goal) => Number.isFinite(goal.measured))).toBe(true);
  const rows = historyRows(measured);
  expect(rows).toHaveLength(4);
  expect(rows.every((row) => row.length === HISTORY_COLUMNS.length)).toBe(true);
});
