import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from 'pino';
import { explain } from './kafka-error.ts';
import type { Positions } from './positions.ts';
import type { LogBatch, LogRecord } from './topic-log.ts';

const RETRY_MS = 500;
/** How long the broker holds back an empty answer; kafkajs needs as long to stop. */
const MAX_WAIT_MS = 1_000;
const MAX_BYTES = 1024 * 1024;
/** Batches fetched ahead of who reads them. */
const READ_AHEAD = 2;

interface ReadOptions {
  kafka: Kafka;
  topic: string;
  /** Whether the topic is there. Rejects when Kafka is away. */
  exists: () => Promise<boolean>;
  from: Positions;
  signal: AbortSignal;
  logger: Logger;
}

/**
 * Reads a whole topic, every partition, from the given positions on, and goes on through everything: Kafka away, the topic
 * not there yet, deleted, created anew. Each record comes once.
 *
 * kafkajs reads only as a member of a group, so this is a group of one, of a name that nobody else has, which commits nothing.
 */
export async function* readKafkaTopic(options: ReadOptions): AsyncGenerator<LogBatch> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const batches = new PassThrough({ objectMode: true, highWaterMark: READ_AHEAD });
  const reading = keepReading({ ...options, from: options.from.copy(), signal }, batches).then(
    () => batches.end(),
    (error: Error) => batches.destroy(error),
  );
  try {
    yield* batches as AsyncIterable<LogBatch>;
  } finally {
    stop.abort();
    await reading;
  }
}

async function keepReading(options: ReadOptions, batches: PassThrough): Promise<void> {
  const { topic, exists, signal, logger } = options;
  while (!signal.aborted) {
    try {
      if (await exists()) await readOnce(options, batches);
      else await sleep(RETRY_MS, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      const { message: reason } = explain(error, `read ${topic} in a group ${groupPrefix(topic)}*`);
      logger.warn({ topic, reason }, 'reading was interrupted, trying again');
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** What the names of the groups begin with that a user must be allowed to read in. */
const groupPrefix = (topic: string): string => `${topic}-reader-`;

/** Reads until the signal aborts or the topic was restarted; rejects when kafkajs gives up. */
async function readOnce(
  { kafka, topic, from: positions, signal, logger }: ReadOptions,
  batches: PassThrough,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const consumer = kafka.consumer({
    groupId: groupPrefix(topic) + randomUUID(),
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: MAX_WAIT_MS,
    maxBytesPerPartition: MAX_BYTES,
    // Whether and how to go on after an error is decided here, not by kafkajs. It gives up on some in silence, and where it tries
    // again it goes on at the same offset, though the topic that is back may be another one.
    retry: { retries: 0, restartOnFailure: async () => false },
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
  // Nothing is committed, so each (re)join would start at the beginning. One record back is asked for on purpose:
  // it must be the record that was read last, otherwise the topic is not the one it was.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, { next }] of positions.entries()) {
      consumer.seek({ topic, partition, offset: String(Math.max(0, next - 1)) });
    }
  });
  let restarted = false;
  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    if (restarted || payload.isStale()) return;
    const { batch } = payload;
    const { partition } = batch;
    const records = batch.messages.map((message) => toRecord(topic, partition, message));
    restarted = records.some((record) => isOfAnotherTopic(record, positions));
    const fresh = restarted ? [] : records.filter((record) => !positions.passed(record));
    for (const record of fresh) positions.advance(record);
    if (restarted) positions.clear();
    const bounds = { partition, low: 0, high: Number(batch.highWatermark) };
    const progress = restarted ? [] : [{ ...bounds, next: Number(batch.lastOffset()) + 1 }];
    await push(batches, { records: fresh, progress, restarted }, signal);
    if (restarted) ended.resolve();
  };
  const abort = () => ended.resolve();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    logger.debug({ topic, positions }, 'reading');
    await consumer.run({ autoCommit: false, eachBatch });
    await ended.promise;
  } finally {
    signal.removeEventListener('abort', abort);
    ended.promise.catch(() => {});
    await consumer.disconnect().catch(() => {});
  }
}

async function push(batches: PassThrough, batch: LogBatch, signal: AbortSignal): Promise<void> {
  if (!batches.write(batch)) await once(batches, 'drain', { signal }).catch(() => {});
}

/**
 * Whether a record cannot be from the topic that was read so far. After each join reading resumes at the record that came last
 * (see GROUP_JOIN above), so an earlier one is only seen when the log no longer reaches that far and kafkajs went back to the
 * beginning; and the last one must have the timestamp that it had.
 */
function isOfAnotherTopic({ partition, offset, timestamp }: LogRecord, positions: Positions): boolean {
  const position = positions.get(partition);
  if (!position) return false;
  return offset < position.next - 1 || (offset === position.next - 1 && timestamp !== position.timestamp);
}

function toRecord(topic: string, partition: number, { offset, timestamp, key, value }: KafkaMessage): LogRecord {
  const place = { topic, partition, offset: Number(offset) };
  return { ...place, timestamp: Number(timestamp), timestampType: 'append', key, headers: [], value };
}
