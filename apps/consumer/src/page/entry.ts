import type { Message } from '../message.ts';

/** A message on the page. */
export interface Entry {
  message: Message;
  /** When it arrived here live, in milliseconds since the Unix epoch; null for a message from the history. */
  receivedAt: number | null;
  /** Cursor of the history before this message, where it is known. */
  older: string | null;
}

/** Makes a batch, oldest first, into entries. */
export function toEntries(batch: { messages: Message[]; older: string | null }, receivedAt: number | null): Entry[] {
  return batch.messages.map((message, index) => ({ message, receivedAt, older: index === 0 ? batch.older : null }));
}

/** Time from the producer to this page in milliseconds, for what arrived live. */
export function latency({ message, receivedAt }: Entry): number | null {
  return receivedAt === null || message.sentAt === null ? null : receivedAt - message.sentAt;
}
