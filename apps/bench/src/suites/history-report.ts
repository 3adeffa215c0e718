import { acrossRounds, type Goal, round } from '../goal.ts';
import { median } from '../statistics.ts';
import { type HistoryMeasurement, PAGE } from './history.ts';

export const HISTORY_COLUMNS = [
  `page of ${PAGE}`,
  'paging',
  'pages/s',
  'lowest–highest',
  'p50 ms',
  'p99 ms',
  'longest ms',
  'CPU ms a page',
  'KB',
];

export function historyRows(raw: HistoryMeasurement[]): string[][] {
  return [...Map.groupBy(raw, ({ page, server }) => `${page}, ${server}`).values()].map((rounds) => {
    const { page, server } = rounds[0]!;
    const of = (figure: (each: HistoryMeasurement) => number): string => round(median(rounds.map(figure)));
    const speeds = rounds.map(({ perSecond }) => perSecond);
    return [
      page,
      server,
      of(({ perSecond }) => perSecond),
      `${round(Math.min(...speeds))}–${round(Math.max(...speeds))}`,
      of(({ p50Ms }) => p50Ms),
      of(({ p99Ms }) => p99Ms),
      of(({ maxMs }) => maxMs),
      of(({ cpuMs, requests }) => cpuMs / requests),
      of(({ bytes }) => bytes / 1000),
    ];
  });
}

export function historyGoals(raw: HistoryMeasurement[], records: number): Goal[] {
  const rows = `${records.toLocaleString('en')} rows`;
  const ours = (page: HistoryMeasurement['page']): HistoryMeasurement[] =>
    raw.filter((each) => each.server === 'ours' && each.page === page);
  const speed = (page: HistoryMeasurement['page'], what: string): Goal => ({
    what: `${rows}: ${what}`,
    bound: 'at least',
    wanted: 2_000,
    unit: '/s',
    ...acrossRounds(ours(page).map(({ perSecond }) => perSecond)),
  });
  const cost = ({ cpuMs, requests }: HistoryMeasurement): number => cpuMs / requests;
  return [
    speed('first', 'first pages'),
    speed('deep', 'deep pages'),
    speed('histogram', 'histograms'),
    ...(['deep', 'at a time', 'at an offset'] as const).map((page): Goal => ({
      what: `${rows}: CPU of a page ${page}, of a first one's`,
      bound: 'at most',
      wanted: 1.5,
      unit: '×',
      // Both of a round, which had the same minute of the machine.
      ...acrossRounds(ours(page).map((each, index) => cost(each) / cost(ours('first')[index]!))),
    })),
    {
      what: `${rows}: searched for one`,
      bound: 'at least',
      wanted: 1_000_000,
      unit: 'rows/s',
      ...acrossRounds(ours('search').map(({ lookedPerSecond = Number.NaN }) => lookedPerSecond)),
    },
    ...(['search', 'at a time', 'at an offset', 'histogram'] as const).map((page): Goal => ({
      what: `${rows}: longest answer, ${page}`,
      bound: 'at most',
      wanted: 50,
      unit: 'ms',
      ...acrossRounds(ours(page).map(({ maxMs }) => maxMs)),
    })),
  ];
}
