import { addAbortSignal, Readable } from 'node:stream';
import createError from 'http-errors';
import type { History } from './history.ts';
import type { HistoryRecord } from './record.ts';
import type { WorkQueue } from './work-queue.ts';

interface ValueOptions {
  history: History;
  /** Where it takes its turns. */
  work: WorkQueue;
  record: HistoryRecord;
  /** Asked before each part: who may not see the topic any more is not sent the rest. */
  isAllowed: () => boolean;
  /** Ends it when the service closes. */
  signal: AbortSignal;
}

/** The value of a record as it came, or what there is of it, read as fast as it is taken. */
export function valueOf(options: ValueOptions): Readable | Buffer {
  const { value, valueSize } = options.record;
  if (valueSize === undefined) return Buffer.from(value ?? '');
  return addAbortSignal(options.signal, Readable.from(parts(options)));
}

async function* parts({ history, work, record, isAllowed }: ValueOptions): AsyncGenerator<Uint8Array> {
  const { topic, partition, offset } = record;
  for (let index = 0; ; index += 1) {
    const part = await work.do(() => {
      if (!isAllowed()) throw createError(403, `${topic} may not be seen any more`);
      const found = history.part(topic, record, index);
      // If the record was evicted meanwhile, an answer that ends early must not look like a whole one.
      if (!found && !history.at(topic, partition, offset))
        throw new Error(`${partition}/${offset} is not kept any more`);
      return found;
    });
    if (!part) return;
    yield part;
  }
}
