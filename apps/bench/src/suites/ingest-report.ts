import { acrossRounds, type Goal, round } from '../goal.ts';
import type { Account } from '../ledger.ts';
import { median } from '../statistics.ts';

export const BARE = 'bare kafkajs consumer';
export const LIVE = 'ours, to one client';
export const HEADED = `${LIVE}, each of a trace`;
export const TRACED = `${HEADED} that is sent`;
export const CATCH_UP = 'ours, start until caught up';

/** What the start of the process may take of the time, and a million records. */
const START_SECONDS = 0.5;
const MILLION_SECONDS = 2.5;

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
  return [BARE, LIVE, HEADED, TRACED, CATCH_UP].map((what) => {
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
  const of = (what: string): IngestMeasurement[] => raw.filter((each) => each.what === what);
  const [bare, live, caughtUp] = [BARE, LIVE, CATCH_UP].map(of);
  const flaws = raw.reduce(
    (sum, { account }) => sum + (account ? account.missing + account.doubled + account.outOfOrder : 0),
    0,
  );
  return [
    {
      what: `${LIVE}: of the bare consumer's records/s`,
      bound: 'at least',
      wanted: 0.4,
      unit: '×',
      // Both of a round, which had the same minute of the machine.
      ...acrossRounds(live!.map(({ seconds }, index) => bare![index]!.seconds / seconds)),
    },
    {
      what: `${LIVE}: not delivered once and in order`,
      bound: 'at most',
      wanted: 0,
      measured: flaws,
      unit: '',
      vital: true,
    },
    {
      what: `${records.toLocaleString('en')} records caught up`,
      bound: 'at most',
      wanted: START_SECONDS + (MILLION_SECONDS * records) / 1_000_000,
      unit: 's',
      ...acrossRounds(caughtUp!.map(({ seconds }) => seconds)),
    },
    {
      what: 'peak RSS meanwhile',
      bound: 'at most',
      wanted: 250,
      unit: 'MB',
      ...acrossRounds(caughtUp!.map(({ peakRssBytes }) => peakRssBytes / 1e6)),
    },
  ];
}
