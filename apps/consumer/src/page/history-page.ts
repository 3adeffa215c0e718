import type { Address } from './address.ts';
import type { Target } from '../http/message-page.ts';
import { entriesOf, type Entry } from './entry.ts';

/** Messages of a page, unless fewer are wanted; of one around a place one half is older. */
export const PAGE_LIMIT = 100;
/** What a browser says of a server that is not there differs, and tells nobody anything. */
const UNREACHABLE = 'the server cannot be reached';

/** Which messages of a topic are wanted. */
export type Query = Omit<Address, 'topic' | 'at' | 'offset'>;

/** From where on they are wanted; without any of it from the newest. */
export interface Start extends Pick<Address, 'at' | 'offset'> {
  before?: string | undefined;
  after?: string | undefined;
  /** How many at most. */
  limit?: string;
}

/** A page of history, newest first. */
export interface HistoryPage {
  entries: Entry[];
  /** The cursor of the page that follows in the direction asked, if there is one. */
  next: string | null;
  /** The cursor of the page above, of a page around a place. */
  previous?: string | null;
  /** What was looked at for this page, where not all messages are wanted. */
  searched?: { messages: number; to: number | null };
  target?: Target;
}

/**
 * Gets a page of history.
 *
 * @throws {Error} that says, in a sentence without a capital and a full stop, why it could not be got.
 */
export async function fetchPage(topic: string, query: Query & Start, signal: AbortSignal): Promise<HistoryPage> {
  const { messages, ...page } = await fetchJson<Omit<HistoryPage, 'entries'> & { messages: unknown }>(
    topicUrl(topic, 'messages', { limit: String(PAGE_LIMIT), ...query }),
    signal,
  );
  const entries = entriesOf(messages, null);
  // The cursor is that of the last message in the direction asked, from which the way leads on after this page is gone.
  const last = query.after === undefined ? entries.at(-1) : entries[0];
  if (last) last.older = page.next ?? undefined;
  return { ...page, entries };
}

/** Gets the names of the topics that there are. */
export async function fetchTopics(): Promise<string[]> {
  const { topics } = await fetchJson<{ topics: { topic: string }[] }>('api/topics');
  return topics.map(({ topic }) => topic);
}

/** Where all that is wanted of a topic can be downloaded. */
export function exportUrl(topic: string, format: 'csv' | 'ndjson', query: Query): string {
  return topicUrl(topic, 'messages', { ...query, format });
}

/** The address of something of a topic, relative to that of the page; what is undefined in the query is left out. */
export function topicUrl(topic: string, what: string, query: Record<string, string | undefined>): string {
  const known = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `api/topics/${encodeURIComponent(topic)}/${what}?${new URLSearchParams(known)}`;
}

/**
 * Gets JSON from the API.
 *
 * @throws {Error} with what the server said was wrong.
 */
export async function fetchJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(address, { signal: signal ?? null }).catch((error: Error) => {
    throw error.name === 'TypeError' ? new Error(UNREACHABLE, { cause: error }) : error;
  });
  if (response.ok) return response.json();
  // A proxy between may say no in words of its own.
  const { detail, title } = await response.json().catch(() => ({}));
  throw new Error(detail ?? title ?? `the server answered with status ${response.status}`);
}
