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
  'CPU ms a page',
  'KB',
];

export function historyRows(raw: HistoryMeasurement[]): string[][] {
  return (['first', 'deep'] as const).flatMap((page) =>
    (['ours', 'OFFSET'] as const).map((server) => {
      const rounds = raw.filter((each) => each.page === page && each.server === server);
      const of = (figure: (each: HistoryMeasurement) => number): string => round(median(rounds.map(figure)));
      const speeds = rounds.map(({ perSecond }) => perSecond);
      return [
        page,
        server,
        of(({ perSecond }) => perSecond),
        `${round(Math.min(...speeds))}–${round(Math.max(...speeds))}`,
        of(({ p50Ms }) => p50Ms),
        of(({ p99Ms }) => p99Ms),
        of(({ cpuMs, requests }) => cpuMs / requests),
        of(({ bytes }) => bytes / 1000),
      ];
    }),
  );
}

export function historyGoals(raw: HistoryMeasurement[], records: number): Goal[] {
  const speed = (page: HistoryMeasurement['page']): number =>
    median(raw.filter((each) => each.server === 'ours' && each.page === page).map(({ perSecond }) => perSecond));
  const rows = `${records.toLocaleString('en')} rows`;
  const cost = (page: HistoryMeasurement['page']): number =>
    median(
      raw.filter((each) => each.server === 'ours' && each.page === page).map(({ cpuMs, requests }) => cpuMs / requests),
    );
  return [
    { what: `${rows}: first pages`, bound: 'at least', wanted: 2_000, measured: speed('first'), unit: '/s' },
    { what: `${rows}: deep pages`, bound: 'at least', wanted: 2_000, measured: speed('deep'), unit: '/s' },
    {
      what: `${rows}: CPU of a deep page, of a first one's`,
      bound: 'at most',
      wanted: 1.5,
      measured: cost('deep') / cost('first'),
      unit: '×',
    },
  ];
}
