import { answer } from '../answer.ts';
import { type FairnessPlan, measureFairness } from './fairness.ts';
import { FAIRNESS_COLUMNS, fairnessGoals, fairnessRow, startRow } from './fairness-report.ts';
import { measureBusyStart } from './fairness-start.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

const FULL: FairnessPlan & { starts: number } = { records: 1_000_000, seconds: 16, storm: 1_000, starts: 2 };
const QUICK: typeof FULL = { records: 100_000, seconds: 4, storm: 300, starts: 1 };

/** Whether anybody waits for somebody else. */
async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  const plan = quick ? QUICK : FULL;
  const raw = await measureFairness(plan);
  const start = await measureBusyStart(plan.records, plan.starts);
  return {
    columns: FAIRNESS_COLUMNS,
    rows: [...raw.map(fairnessRow), startRow(start)],
    goals: fairnessGoals(raw, start),
    missing: [],
    raw: [...raw, start],
  };
}

answer({ run });
