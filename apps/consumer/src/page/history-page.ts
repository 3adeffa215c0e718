import type { Entry } from './entry.ts';
import { readMessages } from './incoming.ts';

const LIMIT = 100;

const url = (topic: string, query: Record<string, string>) =>
  `api/topics/${encodeURIComponent(topic)}/messages?${new URLSearchParams(query)}`;

/** A page of history, newest first, and the cursor of the page that follows, if there is one. */
export interface HistoryPage {
  entries: Entry[];
  next: string | null;
}

/** Gets the page of history before a cursor, or the newest page. */
export async function fetchPage(topic: string, cursor: string | undefined): Promise<HistoryPage> {
  const { messages, next } = await fetchJson<{ messages: unknown; next: string | null }>(
    url(topic, { ...(cursor !== undefined && { before: cursor }), limit: String(LIMIT) }),
  );
  const entries = readMessages(messages, 0).map((message) => ({
    message,
    receivedAt: null,
    shownAt: null,
    older: undefined,
    afterGap: false,
  }));
  return { entries, next };
}

/** Gets the names of the topics that there are. */
export async function fetchTopics(): Promise<string[]> {
  const { topics } = await fetchJson<{ topics: { topic: string }[] }>('api/topics');
  return topics.map(({ topic }) => topic);
}

/** Where a topic's whole history can be downloaded. */
export function exportUrl(topic: string, format: 'csv' | 'ndjson'): string {
  return url(topic, { format });
}

async function fetchJson<T>(address: string): Promise<T> {
  const response = await fetch(address);
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail ?? body.title);
  return body as T;
}
