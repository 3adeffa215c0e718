import { encodeCursor } from '../../../consumer/src/cursor.ts';
import { Child } from '../child.ts';
import { type HttpMeasurement, measureHttp } from '../load/http-load.ts';
import { TOPIC } from '../peers/consumer.ts';
import type { HistoryCalls } from '../peers/history.main.ts';
import { timestampOf } from '../peers/made-log.ts';
import type { OffsetPagingCalls } from '../peers/offset-paging.main.ts';
import { untilReady } from '../ready.ts';
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
const FILL_MS = 120_000;

export interface HistoryMeasurement extends HttpMeasurement {
  server: 'ours' | 'OFFSET';
  page: 'first' | 'deep';
  round: number;
  cpuMs: number;
}

/** Reads pages of both in turn. */
export async function measureHistory({ records, rounds, ms }: HistoryPlan): Promise<HistoryMeasurement[]> {
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
