import type { Readable } from 'node:stream';
import { broadcastFields } from '@hello/broadcasts';
import { stringify } from 'csv-stringify/sync';
import {
  decodeCursor,
  type Filter,
  type History,
  isEverything,
  type Message,
  search,
  type Span,
  spanFrom,
  toMessage,
  WHOLE,
} from '../history/index.ts';
import { checkAllowed, supervised, type SupervisedOptions } from './supervised.ts';
import type { WorkQueue } from '../work-queue.ts';

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
  filter: Filter;
  span: Span;
  /** How many messages at most; all of them if missing. */
  limit?: number | undefined;
}

/**
 * A topic's history, or a part of it, as a stream of text, newest first. Texts are whole, but of records that are too
 * large to be looked at.
 */
export function download(options: DownloadOptions): Readable {
  return supervised(chunks(options), options);
}

async function* chunks(options: DownloadOptions): AsyncGenerator<string> {
  const { history, work, topic, format, filter, limit = Infinity } = options;
  let span: Span | undefined = options.span;
  let left = limit;
  let header = true;
  while (span) {
    const rest: Span = span;
    const part = await work.do(() => {
      checkAllowed(options);
      const chunk = { ...CHUNK, limit: Math.min(CHUNK.limit, left) };
      const { records, next } = isEverything(filter)
        ? history.page(topic, { ...rest, ...chunk })
        : search(history, topic, filter, rest, chunk);
      const messages = records.map((record) => toMessage(record, { limits: WHOLE }));
      return { text: format === 'ndjson' ? toNdjson(messages) : toCsv(messages, header), count: messages.length, next };
    });
    // Also where nothing was found: a search ends here when nobody waits for it any more.
    yield part.text;
    header = false;
    left -= part.count;
    span = part.next !== null && left > 0 ? spanFrom(decodeCursor(topic, part.next), rest) : undefined;
  }
}

function toNdjson(messages: Message[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

function toCsv(messages: Message[], header: boolean): string {
  // A spreadsheet would run a cell that starts with = + - or @.
  return stringify(messages, { header, columns: COLUMNS, escape_formulas: true });
}
