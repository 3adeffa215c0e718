import { acrossRounds, type Goal, round } from '../goal.ts';
import type { Stretch } from '../stretches.ts';
import { BEHIND, type Disturbance, EXPORTS, type FairnessMeasurement, LIVE } from './fairness.ts';
import type { BusyStart } from './fairness-start.ts';

export const FAIRNESS_COLUMNS = [
  `${LIVE.clients} clients live at ${LIVE.rate}/s, and`,
  'longest stretch ms',
  'by own CPU',
  'healthz p50',
  'p99',
  'max ms',
  'live p99',
  'max ms',
  'rows/s',
  'storms ms',
  'cores',
];

export function fairnessRow(measured: FairnessMeasurement): string[] {
  const { stretches, health, delivery, exported, rowsPerSecond, stormed, cores } = measured;
  return [
    nameOf(measured),
    ...longestOf(stretches).map(round),
    round(health.p50Ms),
    round(health.p99Ms),
    round(health.maxMs),
    round(delivery.p99Ms),
    round(delivery.maxMs),
    exported.rows > 0 ? round(rowsPerSecond) : '',
    stormed.map(({ ms }) => round(ms)).join(', '),
    round(cores),
  ];
}

/** The start's other figures are goals. */
export function startRow(start: BusyStart): string[] {
  const stretches = start.starts.map(({ stretch }) => stretch);
  const figures = longestOf(stretches).map(round);
  return [startName(start), ...figures, ...FAIRNESS_COLUMNS.slice(1 + figures.length).map(() => '')];
}

const startName = ({ records }: BusyStart): string => `npm start, ${records.toLocaleString('en')} records`;

export function fairnessGoals(raw: FairnessMeasurement[], start: BusyStart): Goal[] {
  return [...raw.flatMap(goalsOf), ...startGoals(start)];
}

function goalsOf(measured: FairnessMeasurement): Goal[] {
  const name = nameOf(measured);
  const { stretches, health, delivery, exported, stormed } = measured;
  const sum = (figure: 'missing' | 'doubled'): number => stormed.reduce((total, each) => total + each[figure], 0);
  const wrong = delivery.missing + delivery.doubled + delivery.outOfOrder + sum('missing') + sum('doubled');
  const none = { bound: 'at most', wanted: 0, unit: '' } as const;
  const vital = { ...none, vital: true } as const;
  return [
    { what: `${name}: longest stretch`, bound: 'at most', wanted: 20, unit: 'ms', ...longest(stretches) },
    { what: `${name}: /healthz p99`, bound: 'at most', wanted: 50, measured: health.p99Ms, unit: 'ms' },
    { ...vital, what: `${name}: messages lost, doubled or out of order`, measured: wrong },
    { ...vital, what: `${name}: holes in downloads`, measured: exported.holes },
    { ...none, what: `${name}: /healthz not answered with 200`, measured: health.failed },
  ];
}

function startGoals(start: BusyStart): Goal[] {
  const { starts, exitMs, exitCode } = start;
  const health = acrossRounds(starts.map(({ healthMs }) => healthMs));
  const stretches = longest(starts.map(({ stretch }) => stretch));
  const name = startName(start);
  return [
    { what: `${name}: first /healthz`, bound: 'at most', wanted: 1_000, unit: 'ms', ...health },
    { what: `${name}: longest stretch after it`, bound: 'at most', wanted: 20, unit: 'ms', ...stretches },
    { what: `${name}: ended while it reads`, bound: 'at most', wanted: 2_000, measured: exitMs, unit: 'ms' },
    { what: `${name}: exit code`, bound: 'at most', wanted: 0, measured: exitCode ?? Infinity, unit: '' },
  ];
}

/** The longest one of all, by the wall's clock and by the thread's. */
function longestOf(stretches: Stretch[]): [wallMs: number, cpuMs: number] {
  return [Math.max(...stretches.map(({ wallMs }) => wallMs)), Math.max(...stretches.map(({ cpuMs }) => cpuMs))];
}

/** The longest one of all parts counts, but in how many of them it was so long says whether it is at the edge. */
function longest(stretches: Stretch[]): Pick<Goal, 'measured' | 'spread'> {
  const { spread } = acrossRounds(stretches.map(({ wallMs }) => wallMs));
  return { measured: longestOf(stretches)[0], ...(spread && { spread }) };
}

function nameOf({ exports, storms }: Disturbance): string {
  const all = [exports && `${EXPORTS} exports`, storms && `2 storms from ${BEHIND} behind`].filter(Boolean);
  return all.length > 0 ? all.join(', ') : 'nothing else';
}
