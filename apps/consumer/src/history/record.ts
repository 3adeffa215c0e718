import type { LogRecord, TimestampType } from '@hello/broadcasts';

/** The last millisecond whose year has four digits: what is later no date field and few programs can show. */
export const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The first time that a record has of its own; before that there are those of which none is known. */
export const FIRST_TIME = 1;

/** A record as the history keeps it: as it came, but that its timestamp is always one. */
export interface HistoryRecord extends Omit<LogRecord, 'timestampType'> {
  /** Milliseconds since the Unix epoch, from 0 to the end of the year 9999. */
  timestamp: number;
  /**
   * `unknown` where the record had no such time: then it is that of the record before it in its partition, 0 if there
   * is none.
   */
  timestampType: TimestampType | 'unknown';
  /**
   * When it was read live, by this machine's clock in milliseconds since the Unix epoch. Only `History.at` tells it.
   */
  readAt?: number;
}

/** Bytes of a key and of headers together that are kept as they are. */
const BESIDE_BYTES = 1024 * 1024;
/** Bytes of a key that is larger than that, which are kept; headers are not, then. */
const KEY_BYTES = 64 * 1024;

/**
 * Makes a record one that can be kept: with a time that can be ordered and shown, whatever its producer put there, and
 * with no more beside its value than somebody would want to see.
 *
 * @param before the time of the record before it in its partition.
 */
export function toHistoryRecord(record: LogRecord, before: number): HistoryRecord {
  return bounded(dated(record, before));
}

function bounded(record: HistoryRecord): HistoryRecord {
  const { key } = record;
  if (besideBytes(record) <= BESIDE_BYTES) return record;
  return { ...record, key: key && Buffer.from(key.subarray(0, KEY_BYTES)), headers: [] };
}

function dated(record: LogRecord, before: number): HistoryRecord {
  const { timestamp } = record;
  if (Number.isSafeInteger(timestamp) && timestamp >= 0 && timestamp <= LAST_TIME) return record;
  return { ...record, timestamp: before, timestampType: 'unknown' };
}

/** Bytes of a record that are kept in its row. */
export function weightOf(record: HistoryRecord): number {
  return besideBytes(record) + (record.value?.length ?? 0);
}

/** Bytes of a record's key and headers. */
export function besideBytes({ key, headers }: Pick<HistoryRecord, 'key' | 'headers'>): number {
  let bytes = key?.length ?? 0;
  for (const [name, content] of headers) bytes += name.length + (content?.length ?? 0);
  return bytes;
}
