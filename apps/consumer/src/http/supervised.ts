import { addAbortSignal, Readable } from 'node:stream';
import createError from 'http-errors';
import { type Meter, progressOf } from '../progress.ts';

const LOOK_MS = 1_000;
const STALL_MS = 60_000;

export interface SupervisedOptions {
  topic: string;
  /**
   * Asked each second, and by whoever makes the parts before each: who may not see the topic any more is not sent the
   * rest.
   */
  isAllowed: () => boolean;
  /** Where it goes. */
  connection: Meter;
  /** Ends it when the service closes. */
  signal: AbortSignal;
}

/**
 * Parts of a long answer as a stream with backpressure: a part is made when there is room for it. Whoever takes nothing
 * of it for a minute is given up.
 */
export function supervised(
  parts: AsyncIterable<string | Uint8Array>,
  { topic, isAllowed, connection, signal }: SupervisedOptions,
): Readable {
  const stream = addAbortSignal(signal, Readable.from(parts));
  let [progress, progressAt] = [progressOf(connection), performance.now()];
  const watching = setInterval(() => {
    if (!isAllowed()) stream.destroy(revoked(topic));
    const before = progress;
    progress = progressOf(connection);
    // A search that finds nothing for long leaves nothing to take.
    const isWaiting = stream.readableLength > 0 || connection.writableLength > 0;
    if (progress !== before || !isWaiting) progressAt = performance.now();
    if (performance.now() - progressAt > STALL_MS) stream.destroy(new Error('nobody takes the download'));
  }, LOOK_MS);
  return stream.once('close', () => clearInterval(watching));
}

/** @throws an error of HTTP that ends an answer whose viewer may not see its topic any more. */
export function checkAllowed({ isAllowed, topic }: Pick<SupervisedOptions, 'isAllowed' | 'topic'>): void {
  if (!isAllowed()) throw revoked(topic);
}

const revoked = (topic: string) => createError(403, `${topic} may not be seen any more`);
