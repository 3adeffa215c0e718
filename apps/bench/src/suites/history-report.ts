import { type Goal, round } from '../goal.ts';
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
  const ours = (page: HistoryMeasurement['page'], figure: (each: HistoryMeasurement) => number): number =>
    median(raw.filter((each) => each.server === 'ours' && each.page === page).map(figure));
  const rows = `${records.toLocaleString('en')} rows`;
  const speed = ({ perSecond }: HistoryMeasurement): number => perSecond;
  const cost = ({ cpuMs, requests }: HistoryMeasurement): number => cpuMs / requests;
  const longest = ({ maxMs }: HistoryMeasurement): number => maxMs;
  const searched = ({ lookedPerSecond = Number.NaN }: HistoryMeasurement): number => lookedPerSecond;
  return [
    { what: `${rows}: first pages`, bound: 'at least', wanted: 2_000, measured: ours('first', speed), unit: '/s' },
    { what: `${rows}: deep pages`, bound: 'at least', wanted: 2_000, measured: ours('deep', speed), unit: '/s' },
    {
      what: `${rows}: CPU of a deep page, of a first one's`,
      bound: 'at most',
      wanted: 1.5,
      measured: ours('deep', cost) / ours('first', cost),
      unit: '×',
    },
    {
      what: `${rows}: searched for one`,
      bound: 'at least',
      wanted: 400_000,
      measured: ours('search', searched),
      unit: 'rows/s',
    },
    ...(['search', 'at a time', 'at an offset', 'histogram'] as const).map((page): Goal => ({
      what: `${rows}: longest answer, ${page}`,
      bound: 'at most',
      wanted: 50,
      measured: ours(page, longest),
      unit: 'ms',
    })),
  ];
}
