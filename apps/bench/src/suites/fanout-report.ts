import { type Goal, round } from '../goal.ts';
import { plotBars } from '../plot.ts';
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

const OURS = 'ours';

/** Deliveries for each second that the server's processor worked. */
export function perCpuSecond({ delivered, serverCpuMs }: FanoutMeasurement): number {
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
export function fanoutPlot(measured: FanoutMeasurement[], footer: string): string {
  const groups = [...cells(measured)].map(([title, cell]) => ({
    title: `${title.replace(' × ', ' clients × ')}/s`,
    bars: [...cell].map(([name, rounds]) => ({
      name,
      values: [median(rounds.map(perCpuSecond)), median(rounds.map(({ p99Ms }) => p99Ms))],
    })),
  }));
  return plotBars({
    title: 'Messages to many clients',
    columns: ['deliveries per CPU s (long is good)', 'p99 latency, ms (short is good)'],
    groups,
    emphasized: OURS,
    footer,
  });
}

/** The goals for what was measured; those against a peer that is missing are not among them. */
export function fanoutGoals(measured: FanoutMeasurement[], failed: FanoutMeasurements['failed'] = []): Goal[] {
  const failures = failed.filter(({ peer }) => peer === OURS).length;
  const goals = [...cells(measured)].flatMap(([name, cell]) => cellGoals(name, cell));
  if (failures === 0) return goals;
  return [
    ...goals,
    { what: 'rounds that failed', bound: 'at most', wanted: 0, measured: failures, unit: '', vital: true },
  ];
}

function cellGoals(name: string, cell: Cell): Goal[] {
  const ours = cell.get(OURS);
  if (!ours) return [];
  const { clients, rate } = ours[0]!;
  const goals: Goal[] = [];
  const atLeast = (peer: string, wanted: number): void => {
    const other = cell.get(peer);
    if (!other) return;
    const measuredRatio = median(ours.map(perCpuSecond)) / median(other.map(perCpuSecond));
    goals.push({
      what: `${name}: deliveries per CPU s, of ${peer}'s`,
      bound: 'at least',
      wanted,
      measured: measuredRatio,
      unit: '×',
    });
  };
  atLeast('ws', rate >= 100 ? 3 : 0.9);
  atLeast('Socket.IO', rate >= 100 ? 4 : 1.25);
  atLeast('Flask-SocketIO', 5);
  const ws = cell.get('ws');
  if (ws) {
    const ratio = median(ours.map(({ p99Ms }) => p99Ms)) / median(ws.map(({ p99Ms }) => p99Ms));
    goals.push({
      what: `${name}: p99, of ws's`,
      bound: 'at most',
      wanted: rate >= 100 ? 1 : 1.15,
      measured: ratio,
      unit: '×',
    });
  }
  const flaws = ours.reduce(
    (sum, { missing, doubled, outOfOrder, lost }) => sum + missing + doubled + outOfOrder + lost,
    0,
  );
  goals.push({
    what: `${name}: not delivered once and in order`,
    bound: 'at most',
    wanted: 0,
    measured: flaws,
    unit: '',
    vital: true,
  });
  if (clients === 10_000) goals.push(...manyClients(name, ours));
  return goals;
}

function manyClients(name: string, ours: FanoutMeasurement[]): Goal[] {
  const cores = median(ours.map(({ serverCpuMs, seconds }) => serverCpuMs / seconds / 1000));
  const rss = median(ours.map(({ rssKbPerClient }) => rssKbPerClient));
  return [
    { what: `${name}: cores that the server takes`, bound: 'at most', wanted: 1, measured: cores, unit: '' },
    { what: `${name}: RSS per idle client`, bound: 'at most', wanted: 20, measured: rss, unit: 'KB' },
  ];
}

function cells(measured: FanoutMeasurement[]): Map<string, Cell> {
  const found = new Map<string, Cell>();
  for (const measurement of measured) {
    const name = `${measurement.clients.toLocaleString('en')} × ${measurement.rate}`;
    const cell = found.getOrInsertComputed(name, () => new Map() as Cell);
    cell.getOrInsertComputed(measurement.peer, () => []).push(measurement);
  }
  return found;
}
