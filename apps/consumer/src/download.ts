import type { Readable } from 'node:stream';
import { broadcastFields } from '@hello/broadcasts';
import { stringify } from 'csv-stringify/sync';
import { decodeCursor } from './cursor.ts';
import { AFTER_ALL, type Keyset } from './keyset.ts';
import type { History } from './history.ts';
import { type Message, toMessage, WHOLE } from './message.ts';
import { revoked, supervised, type SupervisedOptions } from './supervised.ts';
import type { WorkQueue } from './work-queue.ts';

export const FORMATS = ['ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** What is read and written at once: some milliseconds. */
const CHUNK = { limit: 100, bytes: 128 * 1024 };
const COLUMNS = ['topic', 'partition', 'offset', 'timestamp', 'key', ...broadcastFields, 'headers', 'unreadable'];

interface DownloadOptions extends SupervisedOptions {
  history: History;
  /** Where it takes its turns. */
  work: WorkQueue;
  format: Format;
  bounds: {
    before?: Keyset;
    after?: Keyset;
    /** How many messages at most; all of them if missing. */
    limit?: number;
  };
}

/**
 * A topic's history, or a part of it, as a stream of text, newest first. Texts are whole, but of records that are too large to be
 * looked at.
 */
export function download(options: DownloadOptions): Readable {
  return supervised(chunks(options), options);
}

async function* chunks({ history, work, topic, format, bounds, isAllowed }: DownloadOptions): AsyncGenerator<string> {
  const { before, after, limit = Infinity } = bounds;
  // A walk forward would come in the other order, so both bounds are always given.
  let from: Keyset | undefined = before ?? AFTER_ALL;
  let left = limit;
  let header = true;
  while (from) {
    const place: Keyset = from;
    const part = await work.do(() => {
      if (!isAllowed()) throw revoked(topic);
      const chunk = { ...CHUNK, limit: Math.min(CHUNK.limit, left) };
      const { records, next } = history.page(topic, { before: place, after, ...chunk });
      const messages = records.map((record) => toMessage(record, { limits: WHOLE }));
      return { text: format === 'ndjson' ? toNdjson(messages) : toCsv(messages, header), count: messages.length, next };
    });
    yield part.text;
    header = false;
    left -= part.count;
    from = part.next !== null && left > 0 ? decodeCursor(topic, part.next) : undefined;
  }
}

function toNdjson(messages: Message[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

function toCsv(messages: Message[], header: boolean): string {
  // A spreadsheet would run a cell that starts with = + - or @.
  return stringify(messages, { header, columns: COLUMNS, escape_formulas: true });
}
