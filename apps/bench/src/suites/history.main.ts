import { answer } from '../answer.ts';
import { type HistoryPlan, measureHistory } from './history.ts';
import { HISTORY_COLUMNS, historyGoals, historyRows } from './history-report.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

const FULL: HistoryPlan = { records: 1_000_000, rounds: 3, ms: 2_000 };
const QUICK: HistoryPlan = { records: 100_000, rounds: 1, ms: 1_500 };

/** Pages of a long history over HTTP, against paging by OFFSET. */
async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  const plan = quick ? QUICK : FULL;
  const raw = await measureHistory(plan);
  return { columns: HISTORY_COLUMNS, rows: historyRows(raw), goals: historyGoals(raw, plan.records), missing: [], raw };
}

answer({ run });
