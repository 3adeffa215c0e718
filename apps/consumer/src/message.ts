import { type Broadcast, decodeBroadcast, UnreadableRecordError } from '@hello/broadcasts';
import type { HistoryRecord } from './record.ts';

/** Where a message stands: its record's identity, and its record's timestamp in milliseconds since the Unix epoch. */
export interface Place {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
}

/** What is said of a message beside its broadcast, where it is so. */
interface Remarks {
  /** The record had no time of its own that is one: `timestamp` is that of the record before it. */
  timestampType?: 'unknown';
  /** `text` is only the beginning of what the record says. */
  truncated?: true;
  /** Bytes of the record's whole value, where `text` is only its beginning. */
  size?: number;
  /** Where the whole value is, then: an address relative to that of the page. */
  value?: string;
}

/** What has no broadcast to show, in the same shape, so that it is seen where it stands. */
type Other = Record<Exclude<keyof Broadcast, 'text'>, null> & {
  text: string;
  /** Why it is not readable; missing where it is only too large to be looked at. */
  unreadable?: string;
};

/** A message as clients get it: a broadcast with its place. */
export type Message = Place & (Broadcast | Other) & Remarks;

/** Characters of a text that clients are sent; there is an address for the whole of it. */
const TEXT_LIMIT = 64 * 1024;

const utf8 = new TextDecoder();

/** Told of a record that is not a broadcast. `kind` is one of a few words, the reason may be anything. */
type OnUnreadable = (kind: string, reason: string) => void;

/**
 * The message that a record carries.
 *
 * @param textLimit characters of its text at most.
 * @param onUnreadable is told when the record is not a broadcast.
 */
export function toMessage(
  record: HistoryRecord,
  { textLimit = TEXT_LIMIT, onUnreadable = () => {} }: { textLimit?: number; onUnreadable?: OnUnreadable } = {},
): Message {
  const { topic, partition, offset, timestamp } = record;
  const message: Message = { topic, partition, offset, timestamp, ...contentOf(record, onUnreadable) };
  if (record.timestampType === 'unknown') message.timestampType = 'unknown';
  if (message.text.length > textLimit) {
    message.text = cut(message.text, textLimit);
    message.truncated = true;
  }
  if (record.valueSize !== undefined) message.truncated = true;
  if (message.truncated) {
    message.size = record.valueSize ?? record.value?.length ?? 0;
    message.value = `api/topics/${encodeURIComponent(topic)}/messages/${partition}/${offset}/value`;
  }
  return message;
}

function contentOf(
  { partition, offset, value, valueSize, unreadable }: HistoryRecord,
  onUnreadable: OnUnreadable,
): Broadcast | Other {
  const refuse = (kind: string, reason: string): Other => {
    onUnreadable(kind, reason);
    return { ...other(`unreadable record at ${partition}/${offset}`), unreadable: reason };
  };
  if (unreadable !== undefined) return refuse('unknown-encoding', unreadable);
  if (valueSize !== undefined) return other(utf8.decode(value ?? undefined));
  try {
    return decodeBroadcast(value);
  } catch (error) {
    if (!(error instanceof UnreadableRecordError)) throw error;
    return refuse(error.kind, error.message);
  }
}

function other(text: string): Other {
  return { text, environment: null, sequence: null, sentAt: null, nextInMs: null };
}

/** The beginning of a text, without half of a pair of surrogates at its end, which not every program takes. */
function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
