import { encodeCursor } from '../../../consumer/src/cursor.ts';
import { Child } from '../child.ts';
import { type Goal, round } from '../goal.ts';
import { type HttpMeasurement, measureHttp } from '../load/http-load.ts';
import { TOPIC } from '../peers/consumer.ts';
import type { HistoryCalls } from '../peers/history.main.ts';
import { timestampOf } from '../peers/made-log.ts';
import type { OffsetPagingCalls } from '../peers/offset-paging.main.ts';
import { untilReady } from '../ready.ts';
import { median } from '../statistics.ts';
import type { Usage } from '../usage.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

export interface HistoryPlan {
  records: number;
  rounds: number;
  ms: number;
}

const FULL: HistoryPlan = { records: 1_000_000, rounds: 3, ms: 2_000 };
const QUICK: HistoryPlan = { records: 100_000, rounds: 1, ms: 1_500 };
const CONNECTIONS = 8;
const PAGE = 50;
/** Deep pages are anywhere in the oldest tenth. */
const DEEP = 0.9;
const FILL_MS = 120_000;

export interface HistoryMeasurement extends HttpMeasurement {
  server: 'ours' | 'OFFSET';
  page: 'first' | 'deep';
  round: number;
  cpuMs: number;
}

/** Pages of a long history over HTTP, against paging by OFFSET. */
export async function history({ quick, say }: SuiteOptions): Promise<SuiteResult> {
  const plan = quick ? QUICK : FULL;
  const raw = await measureHistory(plan, say);
  return { columns: COLUMNS, rows: historyRows(raw), goals: historyGoals(raw, plan.records), missing: [], raw };
}

export async function measureHistory(
  { records, rounds, ms }: HistoryPlan,
  say: (line: string) => void,
): Promise<HistoryMeasurement[]> {
  const ours = new Child<HistoryCalls>('peers/history.main.ts');
  const offset = new Child<OffsetPagingCalls>('peers/offset-paging.main.ts');
  try {
    say(`history: filling two of ${records.toLocaleString('en')} rows`);
    const [{ port, now }, offsetPort] = await Promise.all([ours.call('start', records), offset.call('start', records)]);
    await untilReady(port, { everyMs: 100, timeoutMs: FILL_MS });
    const deep = (): number => Math.floor(records * DEEP + Math.random() * (records * (1 - DEEP) - PAGE));
    const pages = `/api/topics/${TOPIC}/messages?limit=${PAGE}`;
    const cursor = (depth: number): string => {
      const last = records - depth;
      return encodeCursor(TOPIC, { timestamp: timestampOf(last, records, now), partition: 0, offset: last });
    };
    const tries = [
      { server: 'ours', page: 'first', child: ours, port, path: () => pages },
      { server: 'OFFSET', page: 'first', child: offset, port: offsetPort, path: () => '/messages?offset=0' },
      { server: 'ours', page: 'deep', child: ours, port, path: () => `${pages}&before=${cursor(deep())}` },
      { server: 'OFFSET', page: 'deep', child: offset, port: offsetPort, path: () => `/messages?offset=${deep()}` },
    ] as const;
    const measured: HistoryMeasurement[] = [];
    // Round 0 warms the servers up.
    for (let number = 0; number <= rounds; number += 1) {
      for (const { server, page, child, port: at, path } of tries) {
        say(`history, round ${number} of ${rounds}: ${page} page, ${server}`);
        const usage = (): Promise<Usage> => child.call('usage');
        const before = await usage();
        const measurement = await measureHttp({
          port: at,
          path,
          connections: CONNECTIONS,
          ms: number === 0 ? ms / 2 : ms,
        });
        const cpuMs = (await usage()).cpuMs - before.cpuMs;
        if (number > 0) measured.push({ server, page, round: number, cpuMs, ...measurement });
      }
    }
    return measured;
  } finally {
    await Promise.all([ours.stop(), offset.stop()]);
  }
}

const COLUMNS = [`page of ${PAGE}`, 'paging', 'pages/s', 'lowest–highest', 'p50 ms', 'p99 ms', 'CPU ms a page', 'KB'];

function historyRows(raw: HistoryMeasurement[]): string[][] {
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
