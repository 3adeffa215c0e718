import { encodeCursor } from '../../../consumer/src/history/index.ts';
import { Child } from '../child.ts';
import { type HttpMeasurement, measureHttp } from '../load/http-load.ts';
import { measureSearch, type SearchMeasurement } from '../load/search-load.ts';
import { TOPIC } from '../peers/consumer.ts';
import type { HistoryCalls } from '../peers/history.main.ts';
import { RARE, timestampOf } from '../peers/made-log.ts';
import type { OffsetPagingCalls } from '../peers/offset-paging.main.ts';
import { PATIENCE_MS, untilReady } from '../ready.ts';
import { say } from '../say.ts';
import type { Usage } from '../usage.ts';

export interface HistoryPlan {
  records: number;
  rounds: number;
  ms: number;
}

const CONNECTIONS = 8;
export const PAGE = 50;
/** Deep pages are anywhere in the oldest tenth. */
const DEEP = 0.9;

export interface HistoryMeasurement extends HttpMeasurement {
  server: 'ours' | 'OFFSET';
  page: 'first' | 'deep' | 'at a time' | 'at an offset' | 'search' | 'histogram';
  round: number;
  cpuMs: number;
  /** Of a search. */
  lookedPerSecond?: number;
}

/**
 * Reads pages of both in turn, and of ours those around a time and an offset, a search for what is there once, and
 * histograms of any part.
 */
export async function measureHistory({ records, rounds, ms }: HistoryPlan): Promise<HistoryMeasurement[]> {
  const ours = new Child<HistoryCalls>('peers/history.main.ts');
  const other = new Child<OffsetPagingCalls>('peers/offset-paging.main.ts');
  try {
    say(`history: filling two of ${records.toLocaleString('en')} rows`);
    const [{ port, now }, otherPort] = await Promise.all([ours.call('start', records), other.call('start', records)]);
    await untilReady(port, { everyMs: 100, timeoutMs: PATIENCE_MS });
    const deep = (): number => Math.floor(records * DEEP + Math.random() * (records * (1 - DEEP) - PAGE));
    const pages = `/api/topics/${TOPIC}/messages?limit=${PAGE}`;
    const cursor = (depth: number): string => {
      const last = records - depth;
      return encodeCursor(TOPIC, { timestamp: timestampOf(last, records, now), partition: 0, offset: last });
    };
    // But where a page would not be full.
    const anywhere = (): number => Math.floor(PAGE + Math.random() * (records - 2 * PAGE));
    const load = (at: number, path: () => string) => (span: number) =>
      measureHttp({ port: at, path, connections: CONNECTIONS, ms: span });
    const at = (offset: number): string => `${pages}&at=${timestampOf(offset, records, now)}`;
    const search = (): Promise<SearchMeasurement> =>
      measureSearch(port, `${pages}&contains=${encodeURIComponent(RARE)}`);
    const histogram = (): string => {
      const [from, to] = [anywhere(), anywhere()]
        .toSorted((a, b) => a - b)
        .map((each) => timestampOf(each, records, now));
      return `/api/topics/${TOPIC}/histogram?from=${from}&to=${to! + 1}`;
    };
    const tries = [
      { server: 'ours', page: 'first', child: ours, measure: load(port, () => pages) },
      { server: 'OFFSET', page: 'first', child: other, measure: load(otherPort, () => '/messages?offset=0') },
      { server: 'ours', page: 'deep', child: ours, measure: load(port, () => `${pages}&before=${cursor(deep())}`) },
      { server: 'OFFSET', page: 'deep', child: other, measure: load(otherPort, () => `/messages?offset=${deep()}`) },
      { server: 'ours', page: 'at a time', child: ours, measure: load(port, () => at(anywhere())) },
      {
        server: 'ours',
        page: 'at an offset',
        child: ours,
        measure: load(port, () => `${pages}&offset=0/${anywhere()}`),
      },
      { server: 'ours', page: 'search', child: ours, measure: search },
      { server: 'ours', page: 'histogram', child: ours, measure: load(port, histogram) },
    ] as const;
    const measured: HistoryMeasurement[] = [];
    // Round 0 warms the servers up.
    for (let number = 0; number <= rounds; number += 1) {
      for (const { server, page, child, measure } of tries) {
        say(`history, round ${number} of ${rounds}: ${page === 'search' ? page : `page ${page}`}, ${server}`);
        const usage = (): Promise<Usage> => child.call('usage');
        const before = await usage();
        const measurement = await measure(number === 0 ? ms / 2 : ms);
        const cpuMs = (await usage()).cpuMs - before.cpuMs;
        if (number > 0) measured.push({ server, page, round: number, cpuMs, ...measurement });
      }
    }
    return measured;
  } finally {
    await Promise.all([ours.stop(), other.stop()]);
  }
}
