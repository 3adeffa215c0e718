import { onTestFinished } from 'vitest';
import { History } from '../src/history/history.ts';
import type { HistoryRecord } from '../src/history/record.ts';

export const TOPIC = 'hello-world';

/** A history of two topics, `TOPIC` and `other`, whose bounds are wide unless they are told. It ends with the test. */
export function openHistory(options: Partial<ConstructorParameters<typeof History>[0]> = {}): History {
  const bounds = { maxAgeMs: 1_000_000, maxRows: 100_000, maxBytes: 1e9 };
  const history = new History({ topics: [TOPIC, 'other'], ...bounds, ...options });
  onTestFinished(() => history.close());
  return history;
}

/** Trims until there is nothing to trim, as a reader does. Answers with the number of times. */
export function trimAll(history: History): number {
  let times = 1;
  while (history.trim()) times += 1;
  return times;
}

/** Evicts all that is too old. Answers with the number of steps. */
export function evictAll(history: History, now: number): number {
  return [...history.evictExpired(now)].length;
}

export const offsetsOf = ({ records }: { records: HistoryRecord[] }): number[] => records.map(({ offset }) => offset);
