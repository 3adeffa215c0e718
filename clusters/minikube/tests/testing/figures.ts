import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, PARTS } from '../../../../apps/bench/src/code.ts';
import { type Goal, round, verdict } from '../../../../apps/bench/src/goal.ts';
import { describeMachine } from '../../../../apps/bench/src/machine.ts';
import { keepReport } from '../../../../apps/bench/src/report.ts';

/** Something that was measured. */
export interface Figure {
  measured: number;
  unit: string;
}

/** What was measured, by what it is. */
export type Figures = Record<string, Figure>;

/** What people wait for, and what all of it takes: at most so much, on 2 cores. */
const WANTED: Record<string, number> = {
  'up, from nothing': 130,
  'up, second run': 8,
  'up, after minikube stop': 90,
  'up, after minikube stop, offline': 90,
  'push -> seen in the browser': 7,
  'a folder without a port pushed -> live at its name': 30,
  'code committed -> npm run ship -> seen in dev': 25,
  'cores that all pods take, idle': 0.15,
  'memory of the whole cluster': 3.5,
};

/** The goals for what was measured. */
export function clusterGoals(figures: Figures): Goal[] {
  return Object.entries(figures).flatMap(([what, { measured, unit }]): Goal[] => {
    const wanted = WANTED[what];
    return wanted === undefined ? [] : [{ what, bound: 'at most', wanted, measured, unit }];
  });
}

/** Prints all figures, those with a goal beside it. */
export function showFigures(figures: Figures): void {
  const goals = new Map(clusterGoals(figures).map((goal) => [goal.what, goal]));
  const rows = Object.entries(figures).map(([what, { measured, unit }]) => {
    const goal = goals.get(what);
    const beside = goal && { wanted: `at most ${goal.wanted} ${unit}`.trim(), goal: verdict(goal) };
    return [what, { measured: `${round(measured)} ${unit}`.trim(), ...beside }] as const;
  });
  console.table(Object.fromEntries(rows));
}

/** Keeps all figures for docs/figures.md. */
export function keepFigures(figures: Figures, seconds: number): void {
  keepReport('cluster', {
    machine: describeMachine(),
    seconds,
    code: codeOf(PARTS.cluster),
    columns: ['what', 'measured'],
    rows: Object.entries(figures).map(([what, { measured, unit }]) => [what, `${round(measured)} ${unit}`.trim()]),
    goals: clusterGoals(figures),
    missing: [],
  });
}

/** Nanoseconds that all pods of the cluster have run, by cgroup v1 or v2. */
const PODS_RAN =
  'cat /sys/fs/cgroup/cpuacct/kubepods*/cpuacct.usage 2>/dev/null || sed -n "s/^usage_usec \\(.*\\)/\\1000/p" /sys/fs/cgroup/kubepods*/cpu.stat';

/** The cores that all pods take, over some seconds. */
export async function podCores(seconds: number): Promise<Figure> {
  const [before, start] = [podsRan(), performance.now()];
  await sleep(seconds * 1000);
  return { measured: (podsRan() - before) / 1e6 / (performance.now() - start), unit: 'cores' };
}

const podsRan = (): number => Number(execFileSync('docker', ['exec', 'hello', 'sh', '-c', PODS_RAN]).toString());
