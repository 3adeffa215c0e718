import { acrossRounds, type Goal, round } from '../goal.ts';
import type { BarPlot } from '../plot.ts';
import { BUSY_CORES, coresOf, keptUp } from './cost.ts';
import { median, summarize } from '../statistics.ts';
import type { FanoutMeasurement, FanoutMeasurements } from './fanout.ts';

export const FANOUT_COLUMNS = [
  'clients × messages/s',
  'peer',
  'deliveries per CPU s',
  'lowest–highest',
  'p50 ms',
  'p99 ms',
  'p99.9 ms',
  'max ms',
  'delivered',
  'bytes each',
  'RSS per client',
  'server CPU',
  'load CPU',
];

export const OURS = 'ours';
/** Clients from which on the memory of a server is theirs. */
export const MANY = 10_000;
/** Above this share of a core the load may be late itself. */
const BUSY_LOAD = 0.9;

/** Deliveries for each second that the server's processor worked. */
function perCpuSecond({ delivered, serverCpuMs }: FanoutMeasurement): number {
  return (delivered / serverCpuMs) * 1000;
}

/** What was measured at one number of clients and one rate, by peer. */
type Cell = Map<string, FanoutMeasurement[]>;

/** A row for each peer at each number of clients and rate. */
export function fanoutRows(measured: FanoutMeasurement[]): string[][] {
  return [...cells(measured)].flatMap(([name, cell]) =>
    [...cell].map(([peer, rounds], index) => [index === 0 ? name : '', ...row(peer, rounds)]),
  );
}

function row(peer: string, rounds: FanoutMeasurement[]): string[] {
  const of = (figure: (measurement: FanoutMeasurement) => number): number => median(rounds.map(figure));
  const cost = summarize(rounds.map(perCpuSecond));
  const share =
    rounds.reduce((sum, { delivered }) => sum + delivered, 0) / rounds.reduce((sum, { expected }) => sum + expected, 0);
  return [
    peer,
    round(cost.median),
    `${round(cost.min)}–${round(cost.max)}`,
    round(of(({ p50Ms }) => p50Ms)),
    round(of(({ p99Ms }) => p99Ms)),
    round(of(({ p999Ms }) => p999Ms)),
    round(Math.max(...rounds.map(({ maxMs }) => maxMs))),
    // Rounded down: all but one is not all.
    `${Math.floor(share * 1000) / 10} %`,
    round(of(({ bytes, delivered }) => bytes / delivered)),
    `${round(of(({ rssKbPerClient }) => rssKbPerClient))} KB`,
    `${Math.round(of(({ serverCpuMs, seconds }) => serverCpuMs / seconds / 10))} %`,
    `${Math.round(of(({ loadCpuMs, seconds }) => loadCpuMs / seconds / 10))} %`,
  ];
}

/** The picture of it: the median of every peer. */
export function fanoutPlot(measured: FanoutMeasurement[]): BarPlot {
  const groups = [...cells(measured)].map(([title, cell]) => ({
    title: title.replace(/ × (\d+)/, ' clients × $1/s'),
    bars: [...cell].map(([name, rounds]) => ({
      name,
      values: [median(rounds.map(perCpuSecond)), median(rounds.map(({ p99Ms }) => p99Ms))],
    })),
  }));
  return {
    title: 'Messages to many clients',
    columns: ['deliveries per CPU s (long is good)', 'p99 latency, ms (short is good)'],
    groups,
    emphasized: OURS,
  };
}

/** Where the load, and not the server, may be what is late: its core was full. */
export function loadLimits(measured: FanoutMeasurement[]): string[] {
  return [...cells(measured)].flatMap(([name, cell]) =>
    [...cell].flatMap(([peer, rounds]) => {
      const share = median(rounds.map(({ loadCpuMs, seconds }) => loadCpuMs / seconds / 1000));
      if (share < BUSY_LOAD) return [];
      const percent = Math.round(share * 100);
      return [`${name}, the latency of ${peer}: the load took ${percent} % of a core, and may be what was late`];
    }),
  );
}

/** The goals for what was measured; those against a peer that is missing are not among them. */
export function fanoutGoals(measured: FanoutMeasurement[], failed: FanoutMeasurements['failed'] = []): Goal[] {
  const failures = failed.filter(({ peer }) => peer === OURS).length;
  const goals = [...cells(measured)].flatMap(([name, cell]) => cellGoals(name, cell));
  return [...goals, ...failureGoals(failures)];
}

/** Of rounds of ours that failed, if any did. */
export function failureGoals(failures: number): Goal[] {
  if (failures === 0) return [];
  return [{ what: 'rounds that failed', bound: 'at most', wanted: 0, measured: failures, unit: '', vital: true }];
}

function cellGoals(name: string, cell: Cell): Goal[] {
  const ours = cell.get(OURS);
  if (!ours) return [];
  const { clients } = ours[0]!;
  return [
    ...efficiencyGoals(name, cell, ours),
    ...latencyGoals(name, cell, ours),
    ...wholeGoals(name, ours),
    ...(clients >= MANY ? [coresGoal(name, ours), rssGoal(name, ours)] : []),
  ];
}

function wsKeepsUp(cell: Cell): boolean {
  const rounds = cell.get('ws') ?? [];
  return rounds.filter(keptUp).length > rounds.length / 2;
}

/**
 * Against each peer that was measured; `ws` only where it keeps up, since what it takes of a full core says nothing.
 */
function efficiencyGoals(name: string, cell: Cell, ours: FanoutMeasurement[]): Goal[] {
  const { clients, rate } = ours[0]!;
  const few = clients < 1_000;
  const wsShare = rate >= 100 ? 2 : 1;
  const goals: Goal[] = [];
  const atLeast = (peer: string, wanted: number): void => {
    const other = cell.get(peer);
    if (!other) return;
    const what = `${name}: deliveries per CPU s, of ${peer}'s`;
    // By round, since what was slow in one was slow for both.
    const ratios = ours.flatMap((each) => {
      const beside = other.find((theirs) => theirs.round === each.round);
      return beside ? perCpuSecond(each) / perCpuSecond(beside) : [];
    });
    goals.push({ what, bound: 'at least', wanted, ...acrossRounds(ratios), unit: '×' });
  };
  if (wsKeepsUp(cell)) atLeast('ws', few ? 0.8 : wsShare);
  atLeast('Socket.IO', 1.25);
  atLeast('Flask-SocketIO', 5);
  return goals;
}

/** Nobody sees whether a message came after 10 or 25 ms. Where `ws` does not keep up any more, ours does. */
function latencyGoals(name: string, cell: Cell, ours: FanoutMeasurement[]): Goal[] {
  const ws = cell.get('ws');
  if (!ws) return [];
  const wanted = wsKeepsUp(cell) ? Math.max(1.15 * median(ws.map(({ p99Ms }) => p99Ms)), 25) : 120;
  const measured = acrossRounds(ours.map(({ p99Ms }) => p99Ms));
  return [{ what: `${name}: p99`, bound: 'at most', wanted: Math.round(wanted), ...measured, unit: 'ms' }];
}

/** What is broken, and not slow, where it is not met. */
export function wholeGoals(name: string, ours: FanoutMeasurement[]): Goal[] {
  const measured = ours.reduce(
    (sum, { missing, doubled, outOfOrder, lost }) => sum + missing + doubled + outOfOrder + lost,
    0,
  );
  const what = `${name}: not delivered once and in order`;
  return [{ what, bound: 'at most', wanted: 0, measured, unit: '', vital: true }];
}

/** Few clients would seem to take what the server takes by itself. */
export function rssGoal(name: string, ours: FanoutMeasurement[]): Goal {
  const measured = acrossRounds(ours.map(({ rssKbPerClient }) => rssKbPerClient));
  return { what: `${name}: RSS per idle client`, bound: 'at most', wanted: 20, ...measured, unit: 'KB' };
}

export function coresGoal(name: string, ours: FanoutMeasurement[]): Goal {
  const measured = acrossRounds(ours.map(coresOf));
  return { what: `${name}: cores that the server takes`, bound: 'at most', wanted: BUSY_CORES, ...measured, unit: '' };
}

function cells(measured: FanoutMeasurement[]): Map<string, Cell> {
  const found = new Map<string, Cell>();
  for (const measurement of measured) {
    const { clients, rate, tls } = measurement;
    const name = `${clients.toLocaleString('en')} × ${rate}${tls ? ', TLS' : ''}`;
    const cell = found.getOrInsertComputed(name, () => new Map() as Cell);
    cell.getOrInsertComputed(measurement.peer, () => []).push(measurement);
  }
  return found;
}
