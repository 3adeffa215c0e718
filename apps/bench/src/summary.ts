import { type Goal, isAtEdge, isMet, measuredOf, verdict, wantedOf } from './goal.ts';
import type { SuiteName } from './arguments.ts';
import { table } from './table.ts';

/** What became of all suites. */
export interface Outcome {
  goals: { suite: SuiteName; goal: Goal }[];
  /** What could not be measured, rounds that failed among it, and why. */
  missing: { suite: SuiteName; reason: string }[];
  /** What the last whole run said otherwise. */
  contradictions: string[];
  /** Suites that ended without a result, and why. */
  failed: { suite: SuiteName; reason: string }[];
}

/** Characters of a reason at the end: what a process said that ended stands above in full. */
const REASON_LENGTH = 300;

/** A table of goals, with what was measured. */
export function goalTable(goals: Goal[]): string {
  const rows = goals.map((goal) => [goal.what, wantedOf(goal), measuredOf(goal), verdict(goal)]);
  return table(['goal', 'wanted', 'measured', ''], rows);
}

/** What makes the whole run fail. Slow is a figure, but what loses messages is broken. */
export function faultsOf({ goals, failed }: Outcome): string[] {
  const broken = goals.filter(({ goal }) => goal.vital && !isMet(goal));
  return [
    ...failed.map(({ suite, reason }) => `FAILED: ${suite}: ${shortened(reason)}`),
    ...broken.map(
      ({ suite, goal }) => `BROKEN: ${suite}: ${goal.what}: ${measuredOf(goal)}, wanted is ${wantedOf(goal)}`,
    ),
  ];
}

/** What is to be seen at the end, whatever stood above it: what was not met, and what makes the run fail. */
export function summaryOf(outcome: Outcome): string[] {
  const all = outcome.goals.map(({ goal }) => goal);
  const unmet = outcome.goals.filter(({ goal }) => !isMet(goal));
  const named = unmet.map(({ suite, goal }) => ({ ...goal, what: `${suite}: ${goal.what}` }));
  return [
    ...(named.length > 0 ? [goalTable(named), ''] : []),
    ...outcome.missing.map(({ suite, reason }) => `MISSING: ${suite}: ${shortened(reason)}`),
    ...outcome.contradictions.map((each) => `OTHERWISE: ${each}`),
    `${all.filter(isMet).length} of ${all.length} goals met, ${all.filter(isAtEdge).length} at the edge`,
    ...faultsOf(outcome),
  ];
}

function shortened(reason: string): string {
  return reason.replaceAll(/\s+/g, ' ').trim().slice(0, REASON_LENGTH);
}
