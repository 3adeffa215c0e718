import type { HistoryRecord } from './record.ts';
import { fromRow, HEAD_BYTES, type RecordRow, weightIn } from './record-row.ts';

/** How much is given at once: so many records at most, and so many bytes of what is shown of them. */
export interface Bound {
  limit: number;
  bytes: number;
}

/** What was taken, and the bytes that are shown of it. `more` says that it was the bound that ended it. */
export interface Taken {
  records: HistoryRecord[];
  shown: number;
  more: boolean;
}

/**
 * Bytes of records that are read at once, for whatever is shown of them: to decode them takes some ten milliseconds.
 */
const READ_BYTES = 2 * 1024 * 1024;

/** Takes rows while they are within a bound. */
export function take(topic: string, rows: Iterable<RecordRow>, bound: Bound): Taken {
  const records: HistoryRecord[] = [];
  let [shown, read] = [0, 0];
  for (const row of rows) {
    // What is sent to whoever asks for its message, about.
    const weight = weightIn(row);
    const toShow = Math.min(weight, HEAD_BYTES);
    const isHeavy = shown + toShow > bound.bytes || read + weight > READ_BYTES;
    if (records.length >= bound.limit || (records.length > 0 && isHeavy)) return { records, shown, more: true };
    records.push(fromRow(topic, row));
    shown += toShow;
    read += weight;
  }
  return { records, shown, more: false };
}
