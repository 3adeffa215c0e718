import { fileURLToPath } from 'node:url';
import kafkajs, { type Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, inject, it, onTestFinished, vi } from 'vitest';
import { newTopicName } from '../../broadcasts/testing/contract.ts';
import { Client } from '../../consumer/testing/client.ts';
import { Child } from '../../service/testing/child.ts';
import { metricsAt, metricsOf, withoutLabels } from '../testing/metrics-page.ts';

const brokers = inject('brokers');
const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
const admin = kafka.admin();
beforeAll(() => admin.connect());
afterAll(() => admin.disconnect());

/** Starts a service on the broker. Answers with its URL, once it listens. */
async function startService(app: 'producer' | 'consumer', env: Record<string, string>): Promise<string> {
  const main = fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url));
  const child = new Child([main], { env: { KAFKA_BROKERS: brokers, PORT: '0', ...env } });
  const [, url] = await child.says(/"url":"([^"]+)"/);
  return url!;
}

/** A producer of transactions. */
async function transactional(): Promise<Producer> {
  const producer = kafka.producer({ transactionalId: newTopicName(), idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}

/** The lag of a topic's only partition, and how many records of it were taken, as a consumer tells them. */
async function readingOf(url: string, topic: string): Promise<{ lag: number; records: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const of = (sample: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(sample))
        ?.split(' ')[1],
    );
  return {
    lag: of(`reader_lag_offsets{topic="${topic}",partition="0"}`),
    records: of(`records_total{topic="${topic}"}`),
  };
}

const untilReading = (url: string, topic: string, expected: { lag: number; records: number }) =>
  vi.waitFor(async () => expect(await readingOf(url, topic)).toEqual(expected), { timeout: 30_000, interval: 100 });

it('are those of the table in docs, of a producer and of a consumer', async () => {
  const topic = newTopicName();
  const producer = await startService('producer', { TOPIC: topic, WAIT_MIN_SECONDS: '0.05', WAIT_MAX_SECONDS: '0.1' });
  const consumer = await startService('consumer', { TOPICS: topic });
  const client = new Client(consumer);
  await client.until(({ messages }) => messages.length > 3);
  expect(withoutLabels(await metricsAt(producer))).toEqual(withoutLabels(metricsOf('producer')));
  expect(withoutLabels(await metricsAt(consumer))).toEqual(withoutLabels(metricsOf('consumer')));
});

it('tell of no lag behind transactions, kept, given up, or still open', async () => {
  const topic = newTopicName();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
  const url = await startService('consumer', { TOPICS: topic, WATCHDOG_SECONDS: '1' });
  // A broker that is new makes the place for them when it is asked first, and refuses till then.
  const producer = await vi.waitFor(transactional, { timeout: 30_000 });
  const send = async (count: number) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: Array.from({ length: count }, () => ({ value: 'value' })) });
    return transaction;
  };
  await (await send(3)).commit();
  await (await send(5)).abort();
  await untilReading(url, topic, { lag: 0, records: 3 });
  const open = await send(2);
  // It looks six times in a second: none of them finds a lag.
  for (const end = performance.now() + 1_000; performance.now() < end;)
    expect(await readingOf(url, topic)).toEqual({ lag: 0, records: 3 });
  await open.commit();
  await untilReading(url, topic, { lag: 0, records: 5 });
  // With a mark at the end of each transaction.
  const [ends] = await admin.fetchTopicOffsets(topic);
  expect(Number(ends!.high)).toBe(3 + 1 + 5 + 1 + 2 + 1);
});
