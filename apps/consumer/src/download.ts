import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import createError from 'http-errors';
import { decodeCursor } from './cursor.ts';
import type { Keyset } from './keyset.ts';
import type { History } from './history.ts';

export const FORMATS = ['ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

const CHUNK_ROWS = 500;
const WATCH_MS = 1_000;
const STALL_MS = 60_000;
const COLUMNS = [
  'topic',
  'partition',
  'offset',
  'timestamp',
  'text',
  'environment',
  'sequence',
  'sentAt',
  'nextInMs',
  'unreadable',
];

interface Bounds {
  before?: Keyset;
  after?: Keyset;
  /** How many messages at most; all of them if missing. */
  limit?: number;
}

/**
 * A topic's history, or a part of it, as a stream of text, newest first, read as fast as it is taken.
 *
 * @param isAllowed is asked before each part, and while somebody reads slowly each second: who may not see the topic any more is
 *   not sent the rest. Whoever takes nothing for a minute is given up.
 */
export function download(
  history: History,
  topic: string,
  format: Format,
  bounds: Bounds,
  isAllowed: () => boolean,
): Readable {
  const stream = Readable.from(chunks(history, topic, format, bounds, isAllowed));
  let readAt = performance.now();
  const watching = setInterval(() => {
    if (!isAllowed()) stream.destroy(revoked(topic));
    if (stream.readableFlowing !== false) readAt = performance.now();
    if (performance.now() - readAt > STALL_MS) stream.destroy(new Error('nobody takes the download'));
  }, WATCH_MS);
  return stream.once('close', () => clearInterval(watching));
}

const revoked = (topic: string) => createError(403, `${topic} may not be seen any more`);

function* chunks(
  history: History,
  topic: string,
  format: Format,
  { before, after, limit = Infinity }: Bounds,
  isAllowed: () => boolean,
): Generator<string> {
  // A walk forward would come in the other order, so both bounds are always given.
  let from: Keyset | undefined = before ?? { timestamp: Number.MAX_SAFE_INTEGER, partition: 0, offset: 0 };
  let left = limit;
  let header = true;
  while (from) {
    if (!isAllowed()) throw revoked(topic);
    const { messages, next } = history.page(topic, { before: from, after, limit: Math.min(CHUNK_ROWS, left) });
    yield format === 'ndjson' ? messages.map((json) => `${json}\n`).join('') : toCsv(messages, header);
    header = false;
    left -= messages.length;
    from = next !== null && left > 0 ? decodeCursor(topic, next) : undefined;
  }
}

function toCsv(messages: string[], header: boolean): string {
  const rows = messages.map((json) => JSON.parse(json) as Record<string, unknown>);
  // A spreadsheet would run a cell that starts with = + - or @.
  return stringify(rows, { header, columns: COLUMNS, escape_formulas: true });
}
