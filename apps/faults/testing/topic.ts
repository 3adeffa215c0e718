import { type Broadcast, earliest, encodeBroadcast, KafkaLog, type LogRecord, type TopicLog } from '@hello/broadcasts';
import kafkajs, { type Admin } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';

/** Opens a topic of its own accord, beside the services. It closes with the test. */
export function openTopic(brokers: string, topic: string): TopicLog {
  const log = new KafkaLog({
    config: { KAFKA_BROKERS: brokers.split(','), KAFKA_SSL: false, KAFKA_SASL_MECHANISM: 'scram-sha-512' },
    clientId: 'faults',
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(() => log.close());
  return log.topic(topic);
}

/** All records that a topic has now. Every offset must be there: nothing in these topics takes one but a record. */
export async function readBack(topicLog: TopicLog): Promise<LogRecord[]> {
  const ends = (await topicLog.listOffsets()).filter(({ low, high }) => high > low);
  const count = ends.reduce((sum, { low, high }) => sum + high - low, 0);
  const isWithin = ({ partition, offset }: LogRecord) =>
    ends.some((end) => end.partition === partition && offset < end.high);
  const records: LogRecord[] = [];
  if (count === 0) return records;
  const stop = new AbortController();
  for await (const batch of topicLog.read({ from: earliest(), signal: stop.signal })) {
    records.push(...batch.records.filter(isWithin));
    if (records.length >= count) stop.abort();
  }
  if (records.length !== count) throw new Error(`the log has ${count} records, but ${records.length} came back`);
  return records;
}

/** Does something that only an administrator of Kafka does. */
export async function withAdmin<T>(brokers: string, task: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await task(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Makes a topic of one partition. */
export async function makeTopic(brokers: string, topic: string): Promise<void> {
  await withAdmin(brokers, (admin) => admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }));
}

/** Appends broadcasts as one batch, so that who reads gets them in one. */
export async function appendBatch(brokers: string, topic: string, batch: Partial<Broadcast>[]): Promise<void> {
  const producer = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).producer();
  await producer.connect();
  try {
    const messages = batch.map((broadcast) => ({ value: Buffer.from(encodeBroadcast(broadcast)) }));
    await producer.send({ topic, messages });
  } finally {
    await producer.disconnect();
  }
}

/** Broadcasts with the sequences from `first` to `last`, of an environment of their own. */
export function broadcasts(environment: string, [first, last]: [number, number], text = 'Hello world') {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    text,
    environment,
    sequence: first + index,
    sentAt: Date.now(),
    nextInMs: 0,
  }));
}

/** Many records that are alike. */
export interface Filling {
  count: number;
  /** Characters of each one's text. */
  bytes: number;
  /** Records of a batch; by default as many as the broker takes. */
  perBatch?: number;
  compressed?: boolean;
  /** Pause after a batch; by default none. */
  everyMs?: number;
}

/** Less than the million and some bytes that a broker takes in one batch. */
const BATCH_BYTES = 900_000;

/**
 * Appends broadcasts of the environment `large`, with sequences from 1 on. Answers with the timestamp of the first one.
 */
export async function fill(brokers: string, topic: string, filling: Filling): Promise<number> {
  const {
    count,
    bytes,
    perBatch = Math.max(1, Math.floor(BATCH_BYTES / bytes)),
    compressed = false,
    everyMs = 0,
  } = filling;
  const text = 'x'.repeat(bytes);
  const producer = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).producer();
  const compression = compressed ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None;
  const timestamp = Date.now();
  await producer.connect();
  try {
    for (let first = 1; first <= count; first += perBatch) {
      const batch = broadcasts('large', [first, Math.min(count, first + perBatch - 1)], text);
      const messages = batch.map((broadcast) => ({
        value: Buffer.from(encodeBroadcast(broadcast)),
        timestamp: String(timestamp),
      }));
      await producer.send({ topic, messages, compression });
      if (everyMs > 0) await sleep(everyMs);
    }
  } finally {
    await producer.disconnect();
  }
  return timestamp;
}
