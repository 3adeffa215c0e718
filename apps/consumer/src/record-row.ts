import { type HistoryRecord, weightOf } from './record.ts';

/** Bytes of a value that is kept in parts which are in its row, too: what is shown of it. */
export const HEAD_BYTES = 64 * 1024;

/** The columns of a record's row but `read_at`, in the order of `toValues`. */
export const COLUMNS =
  'topic, partition, offset, timestamp, timestamp_type, weight, value_size, unreadable, key, headers, value';

const TYPES = ['create', 'append', 'unknown'] as const;
const TYPE_NUMBERS = { create: 0, append: 1, unknown: 2 };

/** A record's row in SQLite. */
export interface RecordRow {
  partition: number;
  offset: number;
  timestamp: number;
  timestamp_type: number;
  weight: number;
  value_size: number | null;
  unreadable: string | null;
  /** Missing where nobody asked for it. */
  read_at?: number | null;
  key: Uint8Array | null;
  headers: string | null;
  value: Uint8Array | null;
}

type SqlValue = number | string | Uint8Array | null;

/** A record as the values of its row, in the order of `COLUMNS`. */
export function toValues(topic: number, record: HistoryRecord): SqlValue[] {
  const { partition, offset, timestamp, timestampType, valueSize, unreadable, key, headers, value } = record;
  return [
    topic,
    partition,
    offset,
    timestamp,
    TYPE_NUMBERS[timestampType],
    weightOf(record),
    valueSize ?? null,
    unreadable ?? null,
    key,
    headers.length > 0 ? encodeHeaders(headers) : null,
    value,
  ];
}

/** The record of a row. */
export function fromRow(topic: string, row: RecordRow): HistoryRecord {
  const { partition, offset, timestamp, key, value } = row;
  const record: HistoryRecord = {
    topic,
    partition,
    offset,
    timestamp,
    timestampType: TYPES[row.timestamp_type]!,
    key,
    headers: row.headers === null ? [] : decodeHeaders(row.headers),
    value,
  };
  if (row.value_size !== null) record.valueSize = row.value_size;
  if (row.unreadable !== null) record.unreadable = row.unreadable;
  if (row.read_at != null) record.readAt = row.read_at;
  return record;
}

function encodeHeaders(headers: HistoryRecord['headers']): string {
  return JSON.stringify(headers.map(([name, value]) => [name, value && Buffer.from(value).toString('base64')]));
}

function decodeHeaders(text: string): HistoryRecord['headers'] {
  const headers = JSON.parse(text) as [string, string | null][];
  return headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value, 'base64')]);
}
