import { type HistoryRecord, weightOf } from './record.ts';

/** Bytes of a value that is kept in parts which are in its row, too: what is shown of it. */
export const HEAD_BYTES = 64 * 1024;

/** The columns of a record's row but `topic` and `read_at`, in the order of `addValues` and `fromRow`. */
export const COLUMNS =
  'partition, offset, timestamp, timestamp_type, weight, value_size, unreadable, key, headers, value';

const TYPES = ['create', 'append', 'unknown'] as const;
const TYPE_NUMBERS = { create: 0, append: 1, unknown: 2 };

export type SqlValue = number | string | Uint8Array | null;

/** A record's row in SQLite: the values of `COLUMNS` in their order. */
export type RecordRow = [
  partition: number,
  offset: number,
  timestamp: number,
  timestampType: number,
  weight: number,
  valueSize: number | null,
  unreadable: string | null,
  key: Uint8Array | null,
  headers: string | null,
  value: Uint8Array | null,
  /** Missing where nobody asked for it. */
  readAt?: number | null,
];

/** Appends the values of a record's row, all rows' to one list: one for each of them would take a tenth of the time. */
export function addValues(values: SqlValue[], record: HistoryRecord): void {
  const { partition, offset, timestamp, timestampType, valueSize, unreadable, key, headers, value } = record;
  values.push(
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
  );
}

/** The record of a row. */
export function fromRow(topic: string, row: RecordRow): HistoryRecord {
  const [partition, offset, timestamp, type, , valueSize, unreadable, key, headers, value, readAt] = row;
  const record: HistoryRecord = {
    topic,
    partition,
    offset,
    timestamp,
    timestampType: TYPES[type]!,
    key,
    headers: headers === null ? [] : decodeHeaders(headers),
    value,
  };
  if (valueSize !== null) record.valueSize = valueSize;
  if (unreadable !== null) record.unreadable = unreadable;
  if (readAt != null) record.readAt = readAt;
  return record;
}

/** Bytes of a record that are kept in its row. */
export const weightIn = ([, , , , weight]: RecordRow): number => weight;

function encodeHeaders(headers: HistoryRecord['headers']): string {
  return JSON.stringify(headers.map(([name, value]) => [name, value && Buffer.from(value).toString('base64')]));
}

function decodeHeaders(text: string): HistoryRecord['headers'] {
  const headers = JSON.parse(text) as [string, string | null][];
  return headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value, 'base64')]);
}
