import {
  decodeBeginning,
  decodeBroadcast,
  type ReadBroadcast,
  textOnly,
  UnreadableRecordError,
} from '@hello/broadcasts';
import { besideBytes, type HistoryRecord } from './record.ts';

/** Where a message stands: its record's identity, and its record's timestamp in milliseconds since the Unix epoch. */
export interface Place {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
}

/** The value of a header: text, or bytes in hexadecimal where they are none. */
export type HeaderValue = string | null | { hex: string };

/** What is said of a message beside its broadcast. */
interface Remarks {
  /** The record's key as text; null without one, or where it is no text. */
  key: string | null;
  /** The key in hexadecimal, where it is no text. */
  keyHex?: string;
  /** The record's headers in their order, where it has some. */
  headers?: [name: string, value: HeaderValue][];
  /** The record had no time of its own that is one: `timestamp` is that of the record before it. */
  timestampType?: 'unknown';
  /** Why nothing can be told of the value; `text` is empty then. */
  unreadable?: string;
  /** `text` or `key` is only its beginning, or the headers are left out, because there is too much of it. */
  truncated?: true;
  /** Bytes of the record's whole value, where something is left out. */
  size?: number;
  /** Where the whole value is, then: an address relative to that of the page. */
  value?: string;
}

/** A message as clients get it: a broadcast, or what another program says as its text, with its place. */
export type Message = Place & ReadBroadcast & Remarks;

/** What a message may be long, at most. */
interface Limits {
  /** Characters of its text. */
  text: number;
  /** Bytes of its key and its headers together. */
  beside: number;
}

/** What is sent in lists and live; there is an address for the whole of it. */
const IN_LISTS: Limits = { text: 64 * 1024, beside: 16 * 1024 };
export const WHOLE: Limits = { text: Infinity, beside: Infinity };

const EXACTLY = { fatal: true, ignoreBOM: true };
const utf8 = new TextDecoder('utf-8', EXACTLY);

/** Why nothing can be told of a record, in a word. */
export const UNREADABLE_KINDS = ['empty', 'not-text', 'unknown-encoding'] as const;
export type UnreadableKind = (typeof UNREADABLE_KINDS)[number];

/** Told of a record of which nothing can be told. The reason may be anything. */
type OnUnreadable = (kind: UnreadableKind, reason: string) => void;

/**
 * The message that a record carries.
 *
 * @param onUnreadable is told when nothing can be told of its value.
 */
export function toMessage(
  record: HistoryRecord,
  { limits = IN_LISTS, onUnreadable = () => {} }: { limits?: Limits; onUnreadable?: OnUnreadable } = {},
): Message {
  const { topic, partition, offset, timestamp, value, valueSize } = record;
  const message: Message = { topic, partition, offset, timestamp, key: null, ...contentOf(record, onUnreadable) };
  const isCut = addBeside(message, record, limits.beside);
  if (record.timestampType === 'unknown') message.timestampType = 'unknown';
  const isLong = message.text.length > limits.text;
  if (isLong) message.text = cut(message.text, limits.text);
  if (isCut || isLong || valueSize !== undefined) {
    message.truncated = true;
    message.size = valueSize ?? value?.length ?? 0;
    message.value = valueAddress(record);
  }
  return message;
}

/** Where a record's whole value is: an address relative to that of the page. */
export function valueAddress({ topic, partition, offset }: Omit<Place, 'timestamp'>): string {
  return `api/topics/${encodeURIComponent(topic)}/messages/${partition}/${offset}/value`;
}

/** About how many characters a message has that anybody can make many. */
export function lengthOf({ text, key, keyHex, headers = [] }: Message): number {
  let length = text.length + (key?.length ?? 0) + (keyHex?.length ?? 0);
  for (const [name, value] of headers)
    length += name.length + (typeof value === 'string' ? value.length : (value?.hex.length ?? 0));
  return length;
}

function contentOf(
  { value, valueSize, unreadable }: HistoryRecord,
  onUnreadable: OnUnreadable,
): ReadBroadcast & Pick<Remarks, 'unreadable'> {
  const refuse = (kind: UnreadableKind, reason: string) => {
    onUnreadable(kind, reason);
    return { ...textOnly(''), unreadable: reason };
  };
  if (unreadable !== undefined) return refuse('unknown-encoding', unreadable);
  try {
    return valueSize === undefined ? decodeBroadcast(value) : decodeBeginning(value!);
  } catch (error) {
    if (!(error instanceof UnreadableRecordError)) throw error;
    return refuse(error.kind, error.message);
  }
}

/** Adds what a record has beside its value. Answers whether some of it is left out. */
function addBeside(message: Message, record: HistoryRecord, limit: number): boolean {
  const { key, headers } = record;
  const isTooMuch = besideBytes(record) > limit;
  const text = key && decodeKey(key, limit);
  if (text === undefined) message.keyHex = hex(key!.subarray(0, limit));
  else message.key = text;
  if (headers.length > 0 && !isTooMuch)
    message.headers = headers.map(([name, value]) => [name, value && (decode(value) ?? { hex: hex(value) })]);
  return isTooMuch;
}

function decodeKey(key: Uint8Array, limit: number): string | undefined {
  if (key.length <= limit) return decode(key);
  // Of its own, since it keeps the half of a character at the end for what follows.
  return decode(key.subarray(0, limit), new TextDecoder('utf-8', EXACTLY), { stream: true });
}

/** Bytes as text; nothing where they are none. */
function decode(bytes: Uint8Array, decoder = utf8, options?: { stream: boolean }): string | undefined {
  try {
    return decoder.decode(bytes, options);
  } catch {
    return undefined;
  }
}

/** Bytes in hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** The beginning of a text, without half of a pair of surrogates at its end, which not every program takes. */
function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
