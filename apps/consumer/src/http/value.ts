import type { Readable } from 'node:stream';
import type { History, HistoryRecord } from '../history/index.ts';
import { checkAllowed, supervised, type SupervisedOptions } from './supervised.ts';
import type { WorkQueue } from '../work-queue.ts';

interface ValueOptions extends SupervisedOptions {
  history: History;
  /** Where it takes its turns. */
  work: WorkQueue;
  record: HistoryRecord;
}

/** The value of a record as it came, or what there is of it. */
export function valueOf(options: ValueOptions): Readable | Buffer {
  const { value, valueSize } = options.record;
  return valueSize === undefined ? Buffer.from(value ?? '') : supervised(parts(options), options);
}

async function* parts(options: ValueOptions): AsyncGenerator<Uint8Array> {
  const { history, work, topic, record } = options;
  const { partition, offset } = record;
  for (let index = 0; ; index += 1) {
    const part = await work.do(() => {
      checkAllowed(options);
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
