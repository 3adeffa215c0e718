import { compareKeysets } from '../history/keyset.ts';
import { readMessages, type Shown } from './incoming.ts';

/** A message on the page. */
export interface Entry {
  message: Shown;
  /**
   * When it arrived here live, by the server's clock, in milliseconds since the Unix epoch; null for one of the past.
   */
  receivedAt: number | null;
  /** When it first showed here, by the same clock, of one that arrived live: it may have been held back for a while. */
  shownAt: number | null;
  /** Cursor of the history before this message; null when that is known to be empty, undefined when it is not known. */
  older: string | null | undefined;
  /** Whether messages are missing between this one and those that came before it. */
  afterGap: boolean;
}

/** Messages in the order in which they came, and the cursor of the history before all of them. */
interface Batch {
  messages: unknown;
  older: string | null;
}

/** A latency above this tells of clocks that differ, or of a wait of another kind, in milliseconds. */
const LATENCY_MAX_MS = 60_000;
/** What clocks that are kept by a time server may differ by, in milliseconds. */
const CLOCKS_MS = 50;

/** Makes messages into entries, in their order, of which nothing is known but what they say. */
export function entriesOf(messages: unknown, receivedAt: number | null): Entry[] {
  return readMessages(messages, receivedAt ?? 0).map((message) => ({
    message,
    receivedAt,
    shownAt: null,
    older: undefined,
    afterGap: false,
  }));
}

/** Makes a batch into entries, oldest first. A batch has each partition in its own order, one maybe after the other. */
export function toEntries({ messages, older }: Batch, receivedAt: number | null): Entry[] {
  const entries = entriesOf(messages, receivedAt).sort(compare);
  if (entries[0]) entries[0].older = older;
  return entries;
}

/** Orders entries as the history does, by time, partition and offset: above 0 when `a` comes later. */
export function compare({ message: a }: Entry, { message: b }: Entry): number {
  return compareKeysets(a, b);
}

/**
 * When a message was, by the server's clock as far as can be told: not after it arrived. Null when its record does not
 * say.
 */
export function timeOf({ message: { time }, receivedAt }: Entry): number | null {
  return time === null || receivedAt === null ? time : Math.min(time, receivedAt);
}

/** Time between two messages in milliseconds, by their records; null when that cannot be told. */
export function timeBetween({ message: earlier }: Entry, { message: later }: Entry): number | null {
  if (earlier.time === null || later.time === null || later.time < earlier.time) return null;
  return later.time - earlier.time;
}

/**
 * Time from the producer to this page in milliseconds, for what arrived live. It is a difference of the producer's
 * clock and the server's, so it is null where it shows that they do not agree.
 */
export function latency({ message: { sentAt }, receivedAt }: Entry): number | null {
  if (receivedAt === null || sentAt === null) return null;
  const ms = receivedAt - sentAt;
  return ms < -CLOCKS_MS || ms > LATENCY_MAX_MS ? null : Math.max(0, ms);
}
