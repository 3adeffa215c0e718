import type { Logger } from 'pino';
import type { KafkaFetcher } from './kafka-fetcher.ts';
import type { Fetched } from './kafka-subscription.ts';
import type { Positions } from './positions.ts';
import { readBatches } from './record-batch.ts';
import type { LogBatch, LogRecord } from './topic-log.ts';

interface ReadOptions {
  fetcher: KafkaFetcher;
  topic: string;
  from: Positions;
  signal: AbortSignal;
  logger: Logger;
}

/**
 * Reads a whole topic, every partition, from the given positions on, and goes on through everything: Kafka away, the
 * topic not there yet, deleted, created anew, with more partitions. Each record comes once.
 */
export async function* readKafkaTopic({ fetcher, topic, from, signal, logger }: ReadOptions): AsyncGenerator<LogBatch> {
  if (signal.aborted) return;
  const subscription = fetcher.subscribe(topic, from.copy());
  const reasons = new Set<string>();
  try {
    for (;;) {
      const fetched = await subscription.take(signal);
      fetcher.wake();
      if (!fetched) return;
      if (fetched === 'restarted') {
        yield { records: [], progress: [], restarted: true };
        continue;
      }
      for await (const batch of readFetched(fetched)) {
        if (signal.aborted) return;
        if (!batch) {
          fetcher.restart(subscription);
          break;
        }
        for (const record of batch.records) warnOnce(record);
        yield batch;
      }
    }
  } finally {
    fetcher.unsubscribe(subscription);
  }

  function warnOnce({ partition, offset, unreadable: reason }: LogRecord): void {
    if (reason === undefined || reasons.has(reason)) return;
    reasons.add(reason);
    logger.warn({ topic, partition, offset, reason }, 'a place in the log cannot be read: it is passed over');
  }
}

/** What was fetched, in parts. Nothing in place of a part says that it is of another topic of the same name. */
async function* readFetched({ offsets, next, anchor, batches }: Fetched): AsyncGenerator<LogBatch | undefined> {
  if (!batches) {
    yield { records: [], progress: [{ ...offsets, next }], restarted: false };
    return;
  }
  for await (const group of readBatches(batches)) {
    const [first] = group.records;
    if (anchor && first?.offset === anchor.next - 1) {
      if (first.timestamp !== anchor.timestamp) yield undefined;
      group.records.shift();
    }
    yield { records: group.records, progress: [{ ...offsets, next: group.next }], restarted: false };
  }
}
