import type { Entry } from './entry.ts';
import { allFields, wordsOf } from './fields.ts';
import { isObject } from './incoming.ts';
import type { Moments } from './journey.ts';
import { bytes } from './text.ts';
import { exact, span } from './time.ts';

/** What is shown of one message when somebody opens it. Names and values are anybody's text. */
export interface Sheet {
  /** Null where the record has none. */
  text: string | null;
  /** What is to be said of the text: why there is none, or how much of it is missing. */
  remark: string | null;
  /** The beginning of a value that is no text, in hexadecimal. */
  hex: string | null;
  facts: [name: string, value: string][];
  moments: Moments;
  /** Where the bytes of the record's value are; null where there are none, or it is not known. */
  value: string | null;
}

const TYPES: Record<string, string> = {
  append: 'set when it was appended',
  create: 'set by its producer',
  unknown: 'that of the record before it, since it has none of its own',
};

/** What a row knows of its message. */
export function sheetOfEntry({ message, receivedAt, shownAt }: Entry): Sheet {
  const { text, isUnreadable, partition, offset, time, key, sentAt, added } = message;
  const facts: Sheet['facts'] = partition < 0 ? [] : placeFacts(partition, offset);
  if (time !== null) facts.push(['timestamp', exact(time)]);
  if (key !== null) facts.push(['key', key]);
  return {
    text: isUnreadable ? null : text,
    remark: isUnreadable ? text : null,
    hex: null,
    facts: [...facts, ...added],
    moments: { dueAt: null, sentAt, appendedAt: null, readAt: null, receivedAt, shownAt },
    value: null,
  };
}

/**
 * What the server says of a message, with what its row knows. A server of another version may say it in another way.
 */
export function sheetOfMessage(message: Record<string, unknown>, entry: Entry): Sheet {
  const { text, unreadable, hex, truncated, size, timestamp, timestampType, partition, offset, value } = message;
  const time = isNumber(timestamp) ? timestamp : null;
  const type = typeof timestampType === 'string' ? timestampType : 'unknown';
  const facts = placeFacts(Number(partition), Number(offset));
  if (time !== null) facts.push(['timestamp', `${exact(time)}, ${TYPES[type] ?? type}`]);
  facts.push(['key', keyWords(message)]);
  facts.push(['size', isNumber(size) ? bytes(size) : 'no value']);
  for (const [name, field] of allFields(message)) facts.push([name, fieldWords(name, field)]);
  facts.push(...headerFacts(message['headers']), ...traceFacts(message['trace']));
  const isText = typeof text === 'string' && typeof unreadable !== 'string';
  return {
    text: isText ? text : null,
    remark: typeof unreadable === 'string' ? unreadable : truncated === true ? 'This is only its beginning.' : null,
    hex: typeof hex === 'string' && hex !== '' ? hex : null,
    facts,
    moments: {
      dueAt: numberOf(message['dueAt']),
      sentAt: numberOf(message['sentAt']),
      appendedAt: type === 'append' ? time : null,
      readAt: numberOf(message['readAt']),
      receivedAt: entry.receivedAt,
      shownAt: entry.shownAt,
    },
    value: typeof value === 'string' && isNumber(size) && size > 0 ? value : null,
  };
}

function placeFacts(partition: number, offset: number): Sheet['facts'] {
  return [
    ['partition', String(partition)],
    ['offset', String(offset)],
  ];
}

function keyWords({ key, keyHex }: Record<string, unknown>): string {
  if (typeof key === 'string') return key === '' ? 'empty' : key;
  return typeof keyHex === 'string' ? `${keyHex}, in hexadecimal: it is not text` : 'none';
}

function fieldWords(name: string, value: unknown): string {
  if (isNumber(value) && name.endsWith('At')) return exact(value);
  if (isNumber(value) && name.endsWith('InMs')) return span(value);
  return wordsOf(value);
}

function headerFacts(headers: unknown): Sheet['facts'] {
  if (!Array.isArray(headers)) return [];
  return headers.filter(Array.isArray).map(([name, value]) => [`header ${name}`, headerWords(value)]);
}

function traceFacts(trace: unknown): Sheet['facts'] {
  if (!isObject(trace) || typeof trace['id'] !== 'string') return [];
  return [['trace', trace['sampled'] === true ? trace['id'] : `${trace['id']}, which is not recorded`]];
}

function headerWords(value: unknown): string {
  if (value === null || value === undefined) return 'no value';
  return isObject(value) ? `${wordsOf(value['hex'])}, in hexadecimal: it is not text` : wordsOf(value);
}

const isNumber = (value: unknown): value is number => Number.isFinite(value) && Math.abs(value as number) <= 8.64e15;
const numberOf = (value: unknown): number | null => (isNumber(value) ? value : null);
