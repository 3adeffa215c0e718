import type { Message } from '../message.ts';
import type { Entry } from './entry.ts';

const LIMIT = 100;

const url = (topic: string, query: Record<string, string>) =>
  `/api/topics/${encodeURIComponent(topic)}/messages?${new URLSearchParams(query)}`;

/** Gets the page of history before a cursor, newest first. Its last entry has the cursor of the page after it, if there is one. */
export async function fetchOlder(topic: string, cursor: string): Promise<Entry[]> {
  const response = await fetch(url(topic, { before: cursor, limit: String(LIMIT) }));
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail ?? body.title);
  const { messages, next } = body as { messages: Message[]; next: string | null };
  return messages.map((message, index) => ({
    message,
    receivedAt: null,
    older: index === messages.length - 1 ? next : null,
  }));
}

/** Where a topic's whole history can be downloaded. */
export function exportUrl(topic: string, format: 'csv' | 'ndjson'): string {
  return url(topic, { format });
}
