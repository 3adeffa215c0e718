import { compareKeysets } from '../keyset.ts';
import type { Message } from '../message.ts';

/** A message on the page. */
export interface Entry {
  message: Message;
  /** When it arrived here live, in milliseconds since the Unix epoch; null for a message from the history. */
  receivedAt: number | null;
  /** Cursor of the history before this message; null when that is known to be empty, undefined when it is not known. */
  older: string | null | undefined;
  /** Whether messages are missing between this one and those that came before it. */
  afterGap: boolean;
}

/** Messages in the order in which they came, and the cursor of the history before the first of them. */
interface Batch {
  messages: Message[];
  older: string | null;
}

/** Makes a batch into entries, oldest first. A batch has each partition in its own order, one maybe after the other. */
export function toEntries({ messages, older }: Batch, receivedAt: number | null): Entry[] {
  return messages
    .map((message, index) => ({ message, receivedAt, older: index === 0 ? older : undefined, afterGap: false }))
    .sort(compare);
}

/** Orders entries as the history does, by time, partition and offset: above 0 when `a` comes later. */
export function compare({ message: a }: Entry, { message: b }: Entry): number {
  return compareKeysets(a, b);
}

/** Time from the producer to this page in milliseconds, for what arrived live. */
export function latency({ message, receivedAt }: Entry): number | null {
  return receivedAt === null || message.sentAt === null ? null : receivedAt - message.sentAt;
}
