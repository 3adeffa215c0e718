import { addAbortSignal, Readable } from 'node:stream';
import createError from 'http-errors';
import type { History } from './history.ts';
import type { HistoryRecord } from './record.ts';

/**
 * The value of a record as it came, or what there is of it, read as fast as it is taken.
 *
 * @param isAllowed is asked before each part: who may not see the topic any more is not sent the rest.
 */
export function valueOf(
  history: History,
  record: HistoryRecord,
  isAllowed: () => boolean,
  signal: AbortSignal,
): Readable | Buffer {
  const { value, valueSize } = record;
  if (valueSize === undefined) return Buffer.from(value ?? '');
  return addAbortSignal(signal, Readable.from(parts(history, record, isAllowed)));
}

function* parts(history: History, record: HistoryRecord, isAllowed: () => boolean): Generator<Uint8Array> {
  const { topic, partition, offset } = record;
  for (let index = 0; ; index += 1) {
    if (!isAllowed()) throw createError(403, `${topic} may not be seen any more`);
    const part = history.part(topic, record, index);
    // If the record was evicted meanwhile, an answer that ends early must not look like a whole one.
    if (!part && !history.at(topic, partition, offset)) throw new Error(`${partition}/${offset} is not kept any more`);
    if (!part) return;
    yield part;
  }
}
