import { findTraceParent, isSampled, type TimestampType, type TraceParent } from '@hello/broadcasts';
import {
  type HeaderValue,
  hex,
  type HistoryRecord,
  type Message,
  toMessage,
  valueAddress,
  WHOLE,
} from '../history/index.ts';

/** Bytes that are shown of a value that is no text. */
const HEX_BYTES = 4 * 1024;

/** A message as a whole, and what else is known of its record. */
export type Details = Omit<Message, 'headers' | 'timestampType' | 'size' | 'value'> & {
  headers: [name: string, value: HeaderValue][];
  /** Who gave the record its time: its producer, or Kafka as it appended it. */
  timestampType: TimestampType | 'unknown';
  /** Bytes of the value; null without one. */
  size: number | null;
  /** Where the value is: an address relative to that of the page. */
  value: string;
  /** When this consumer read it live, in milliseconds since the Unix epoch; null of what was there when it started. */
  readAt: number | null;
  /** The trace that its headers name, and whether it is recorded; null where they name none, or one that is not valid. */
  trace: { id: string; sampled: boolean } | null;
  /** The beginning of a value of which nothing can be told, in hexadecimal. */
  hex?: string;
};

/** The details of a record. Its text is whole, but of a value above 1 MiB. */
export function detailsOf(record: HistoryRecord): Details {
  const { value, valueSize, timestampType, readAt = null } = record;
  const { headers = [], ...message } = toMessage(record, { limits: WHOLE });
  const details: Details = {
    ...message,
    headers,
    timestampType,
    size: valueSize ?? value?.length ?? null,
    value: valueAddress(record),
    readAt,
    trace: traceOf(findTraceParent(headers)),
  };
  if (message.unreadable !== undefined) details.hex = hex((value ?? Buffer.alloc(0)).subarray(0, HEX_BYTES));
  return details;
}

function traceOf(traceParent: TraceParent | undefined): Details['trace'] {
  return traceParent ? { id: traceParent.traceId, sampled: isSampled(traceParent) } : null;
}
