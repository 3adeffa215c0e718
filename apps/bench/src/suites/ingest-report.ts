import { type Goal, round } from '../goal.ts';
import type { Account } from '../ledger.ts';
import { median } from '../statistics.ts';

export const BARE = 'bare kafkajs consumer';
export const LIVE = 'ours, to one client';
export const CATCH_UP = 'ours, start until caught up';

export interface IngestMeasurement {
  what: string;
  round: number;
  seconds: number;
  cpuMs: number;
  peakRssBytes: number;
  /** What the client got, where there is one. */
  account?: Account & { lost: number };
}

export const INGEST_COLUMNS = [
  'what',
  'records/s',
  'lowest–highest',
  'seconds',
  'records per CPU s',
  'peak RSS',
  'delivered',
];

export function ingestRows(raw: IngestMeasurement[], records: number): string[][] {
  return [BARE, LIVE, CATCH_UP].map((what) => {
    const rounds = raw.filter((each) => each.what === what);
    const speeds = rounds.map(({ seconds }) => records / seconds);
    const accounts = rounds.flatMap(({ account }) => account ?? []);
    const delivered = accounts.reduce((sum, account) => sum + account.delivered, 0) / (records * accounts.length);
    return [
      what,
      round(median(speeds)),
      `${round(Math.min(...speeds))}–${round(Math.max(...speeds))}`,
      round(median(rounds.map(({ seconds }) => seconds))),
      round(median(rounds.map(({ cpuMs }) => records / cpuMs)) * 1000),
      `${round(median(rounds.map(({ peakRssBytes }) => peakRssBytes / 1e6)))} MB`,
      accounts.length > 0 ? `${Math.floor(delivered * 1000) / 10} %` : '',
    ];
  });
}

export function ingestGoals(raw: IngestMeasurement[], records: number): Goal[] {
  const of = (what: string, figure: (each: IngestMeasurement) => number): number =>
    median(raw.filter((each) => each.what === what).map(figure));
  const speed = (what: string): number => of(what, ({ seconds }) => records / seconds);
  const flaws = raw.reduce(
    (sum, { account }) => sum + (account ? account.missing + account.doubled + account.outOfOrder : 0),
    0,
  );
  const inTime = (25 * records) / 1_000_000;
  const count = records.toLocaleString('en');
  return [
    {
      what: `${LIVE}: of the bare consumer's records/s`,
      bound: 'at least',
      wanted: 0.6,
      measured: speed(LIVE) / speed(BARE),
      unit: '×',
    },
    { what: `${LIVE}: records/s`, bound: 'at least', wanted: 50_000, measured: speed(LIVE), unit: '/s' },
    {
      what: `${LIVE}: not delivered once and in order`,
      bound: 'at most',
      wanted: 0,
      measured: flaws,
      unit: '',
      vital: true,
    },
    {
      what: `${count} records caught up`,
      bound: 'at most',
      wanted: inTime,
      measured: of(CATCH_UP, ({ seconds }) => seconds),
      unit: 's',
    },
    {
      what: 'peak RSS meanwhile',
      bound: 'at most',
      wanted: 250,
      measured: of(CATCH_UP, (each) => each.peakRssBytes / 1e6),
      unit: 'MB',
    },
  ];
}
