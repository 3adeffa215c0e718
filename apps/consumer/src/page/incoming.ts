import type { Keyset } from '../history/keyset.ts';
import { addedFields } from './fields.ts';
import { legible } from './text.ts';

/** The last moment that a `Date` can be, in milliseconds since the Unix epoch. */
const LAST_TIME = 8_640_000_000_000_000;

/** A message as the page shows it. Its keyset is for its order only. */
export interface Shown extends Keyset {
  /** Null in a message that does not say it. */
  topic: string | null;
  text: string;
  /** Whether it has no text, so that the text says why. */
  isUnreadable: boolean;
  /** The record's key, where that is text. */
  key: string | null;
  /** The time of its record, in milliseconds since the Unix epoch; null when it carried none that a date can show. */
  time: number | null;
  environment: string | null;
  /** When its producer said it, by the producer's clock, in milliseconds since the Unix epoch. */
  sentAt: number | null;
  /** The wait until the producer's next one, in milliseconds. */
  nextInMs: number | null;
  /** What it says in fields that the page has no place for. */
  added: [name: string, value: string][];
  /** Where the whole value is, and its size in bytes, of a message that the server cut. */
  whole: { address: string; size: number } | null;
}

/** The place of a message that came without one: below 0 there is no partition. Each has an offset of its own. */
let strays = 0;

/**
 * Makes what a server sent as messages into what can be shown, one by one. A record may hold anything, and a server of
 * another version may say it in another way: no message may be in the way of the others, so what is odd of it is said
 * in its place.
 *
 * @param now is the timestamp of messages none of which has one.
 */
export function readMessages(messages: unknown, now: number): Shown[] {
  if (!Array.isArray(messages)) return [];
  // One without a timestamp goes where its neighbour is.
  let { timestamp } = (messages.find(isTimed) as Keyset | undefined) ?? { timestamp: now };
  return messages.map((message: unknown) => {
    const shown = isObject(message) ? readMessage(message, timestamp) : stray(timestamp);
    ({ timestamp } = shown);
    return shown;
  });
}

/** Where messages stand, as they say it themselves, so that the places can be told to a server again. */
export function placesOf(messages: unknown): Keyset[] {
  if (!Array.isArray(messages)) return [];
  return messages.filter((message) => isTimed(message) && isCount(message['partition']) && isCount(message['offset']));
}

/** @param before is the timestamp of the message before it, for one that has none. */
function readMessage(message: Record<string, unknown>, before: number): Shown {
  const { topic, partition, offset, text, unreadable, key, environment, sentAt, nextInMs } = message;
  const timestamp = isFinite(message['timestamp']) ? message['timestamp'] : before;
  if (!isCount(partition) || !isCount(offset)) return stray(timestamp);
  const reason = typeof text === 'string' ? unreadable : 'it came without a text';
  const isUnreadable = typeof reason === 'string';
  const said = typeof text === 'string' ? text : 'a message that this page cannot show';
  return {
    topic: typeof topic === 'string' ? topic : null,
    partition,
    offset,
    timestamp,
    text: legible(isUnreadable ? [said, reason].filter(Boolean).join(': ') : said),
    isUnreadable,
    key: typeof key === 'string' ? legible(key) : null,
    time: readTime(message),
    environment: typeof environment === 'string' ? legible(environment) : null,
    sentAt: isFinite(sentAt) ? sentAt : null,
    nextInMs: isFinite(nextInMs) ? nextInMs : null,
    added: addedFields(message).map(([name, value]) => [name, legible(value)]),
    whole: readWhole(message),
  };
}

function stray(timestamp: number): Shown {
  strays += 1;
  return {
    topic: null,
    partition: -1,
    offset: strays,
    timestamp,
    text: 'a message that this page cannot place: it came without its partition and offset',
    isUnreadable: true,
    key: null,
    time: null,
    environment: null,
    sentAt: null,
    nextInMs: null,
    added: [],
    whole: null,
  };
}

function readTime({ timestamp, timestampType }: Record<string, unknown>): number | null {
  const isTime = isFinite(timestamp) && timestamp >= 0 && timestamp <= LAST_TIME;
  return isTime && timestampType !== 'unknown' ? timestamp : null;
}

function readWhole({ truncated, value, size }: Record<string, unknown>): Shown['whole'] {
  return truncated === true && typeof value === 'string' && isCount(size) ? { address: value, size } : null;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isFinite = (value: unknown): value is number => Number.isFinite(value);
const isTimed = (value: unknown): value is Record<string, unknown> => isObject(value) && isFinite(value['timestamp']);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
