import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaLog } from '@hello/broadcasts';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { expect, inject, it, onTestFinished } from 'vitest';
import { command } from '../../broadcasts/testing/broker.ts';
import { newTopicName, SETTINGS } from '../../broadcasts/testing/contract.ts';
import { environmentOf, grantsOfConsumer, grantsOfProducer, newUser } from '../../broadcasts/testing/users.ts';
import { Client } from '../../consumer/testing/client.ts';
import { Child } from '../../service/testing/child.ts';

const brokers = inject('brokers');
const control = inject('control');
const secured = inject('secured');

const main = (app: string): string => fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url));

/** Starts a service on the broker and waits until it listens. */
async function startService(
  app: 'producer' | 'consumer',
  env: Record<string, string>,
): Promise<{ child: Child; url: string }> {
  const child = new Child([main(app)], { env: { KAFKA_BROKERS: brokers, PORT: '0', ...env } });
  const [, url] = await child.says(/"url":"([^"]+)"/);
  return { child, url: url! };
}

const openLog = (): KafkaLog => {
  const log = new KafkaLog({
    config: { KAFKA_BROKERS: brokers.split(','), KAFKA_SSL: false, KAFKA_SASL_MECHANISM: 'scram-sha-512' },
    clientId: 'test',
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(() => log.close());
  return log;
};

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Seconds of processor time that a service took so far. */
async function cpuSeconds(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total ([\d.]+)/m.exec(metrics)![1]);
}

it('shows every broadcast once and in order, in two consumers, while the broker is stopped and killed', async ({
  skip,
}) => {
  if (!control) skip('KAFKA_CONTROL says how to stop the broker, and it is not set');
  const topic = newTopicName();
  const waits = { WAIT_MIN_SECONDS: '0.02', WAIT_MAX_SECONDS: '0.06' };
  const consumers = await Promise.all([1, 2].map(() => startService('consumer', { TOPICS: topic })));
  const clients = consumers.map(({ url }) => new Client(url));
  const producer = await startService('producer', { TOPIC: topic, ...waits });

  const everywhere = (count: number) =>
    Promise.all(clients.map((client) => client.until(() => client.messages.length >= count)));
  await everywhere(30);
  for (const halt of [control!.stop, control!.kill]) {
    const before = clients[0]!.messages.length;
    await command(halt);
    // What was said while the broker was away must come too.
    await producer.child.says(/holding them/);
    await command(control!.start);
    await everywhere(before + 60);
  }
  expect(await producer.child.kill('SIGTERM')).toEqual({ code: 0, signal: null });

  const [ends] = await openLog().topic(topic).listOffsets();
  await everywhere(ends!.high);
  for (const client of clients) expect(client.messages.map(({ sequence }) => sequence)).toEqual(upTo(ends!.high));
  expect(new Set(clients[0]!.messages.map(({ text }) => text))).toEqual(new Set(['Hello world']));

  for (const { url } of consumers) {
    const page = await (await fetch(`${url}/api/topics/${topic}/messages?limit=5`)).json();
    expect(page.messages).toEqual(clients[0]!.messages.slice(-5).toReversed());
  }
});

it('waits for its topic, goes on past a poison record, and starts over with a topic that is created anew', async () => {
  const topic = newTopicName();
  const { child, url } = await startService('consumer', { TOPICS: topic });
  await child.says(/topic is loaded/);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const client = new Client(url);
  const producer = await startService('producer', { TOPIC: topic, WAIT_MIN_SECONDS: '0.05', WAIT_MAX_SECONDS: '0.05' });
  await client.until(({ messages }) => messages.length > 1);

  const { offset } = await openLog()
    .topic(topic)
    .append({ key: 'poison', value: Buffer.from([0xff, 0xfe]) });
  await client.until(({ messages }) => messages.length > offset + 2);
  expect(client.messages[offset]).toMatchObject({ offset, text: '', unreadable: expect.any(String) });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain(`records_unreadable_total{topic="${topic}",kind="not-text"} 1`);

  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  await admin.deleteTopics({ topics: [topic] });
  // The producer makes its topic again by itself.
  await client.until(({ restarts, messages }) => restarts === 1 && messages.length > 3);
  expect(client.messages.slice(0, 3).map((message) => message.offset)).toEqual([0, 1, 2]);
  await producer.child.kill('SIGTERM');
});

it('has everything again after a consumer was killed', async () => {
  const topic = newTopicName();
  const topicLog = openLog().topic(topic);
  await topicLog.ensure(SETTINGS);
  const { child } = await startService('consumer', { TOPICS: topic });
  await startService('producer', { TOPIC: topic, WAIT_MIN_SECONDS: '0.01', WAIT_MAX_SECONDS: '0.02' });
  await child.kill('SIGKILL');
  const { url } = await startService('consumer', { TOPICS: topic });
  const client = new Client(url);
  await client.until(({ messages }) => messages.length > 20);
  const newest = client.messages.at(-1)!.sequence!;
  // A client that is new gets the newest only. The whole history is the download.
  const lines = (await (await fetch(`${url}/api/topics/${topic}/messages?format=ndjson`)).text()).trim().split('\n');
  const sequences = lines.map((line): number => JSON.parse(line).sequence).toSorted((a, b) => a - b);
  expect(sequences).toEqual(upTo(sequences.length));
  expect(sequences.length).toBeGreaterThanOrEqual(newest);
});

it.skipIf(!secured)('runs over TLS with a user each, and no log line has a secret', async () => {
  const topic = newTopicName();
  const users = await Promise.all([grantsOfProducer(topic), grantsOfConsumer(topic)].map(newUser));
  const [producerEnv, consumerEnv] = users.map((user) => ({ ...environmentOf(user), LOG_LEVEL: 'trace' }));
  const consumer = await startService('consumer', { ...consumerEnv, TOPICS: topic });
  // The producer makes the topic, and may be started only once the consumer is ready.
  await consumer.child.says(/topic is loaded/);
  expect((await fetch(`${consumer.url}/readyz`)).status).toBe(200);
  const client = new Client(consumer.url);
  const waits = { WAIT_MIN_SECONDS: '0.02', WAIT_MAX_SECONDS: '0.06' };
  const producer = await startService('producer', { ...producerEnv, TOPIC: topic, ...waits });
  await client.until(({ messages }) => messages.length >= 30);
  expect(client.messages.map(({ sequence }) => sequence)).toEqual(upTo(client.messages.length));

  // A refusal is where a password might be told.
  const refused = new Child([main('producer')], {
    env: { ...producerEnv, KAFKA_SASL_USERNAME: users[1]!.name, TOPIC: topic, PORT: '0' },
  });
  await refused.says(/Kafka refuses the user or the password/);

  for (const child of [consumer.child, producer.child, refused]) {
    expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const said = child.stdout + child.stderr;
    expect(said).toContain('"level":20');
    for (const { password } of users) expect(said).not.toContain(password);
  }
});

it('takes less than 2 % of a core when there is nothing to do', async () => {
  const topic = newTopicName();
  const { url: producer } = await startService('producer', {
    TOPIC: topic,
    WAIT_MIN_SECONDS: '3600',
    WAIT_MAX_SECONDS: '3600',
  });
  await openLog().topic(topic).ensure(SETTINGS);
  const { url: consumer } = await startService('consumer', { TOPICS: topic });
  // What starting takes is not idling; 10 s show a share of 2 % with an error below a tenth of it.
  await sleep(3_000);
  const before = await Promise.all([producer, consumer].map(cpuSeconds));
  await sleep(10_000);
  const after = await Promise.all([producer, consumer].map(cpuSeconds));
  const shares = after.map((seconds, index) => (seconds - before[index]!) / 10);
  console.log(
    `idle: producer ${(shares[0]! * 100).toFixed(2)} %, consumer ${(shares[1]! * 100).toFixed(2)} % of a core`,
  );
  for (const share of shares) expect(share).toBeLessThan(0.02);
});

it.each(['producer', 'consumer'] as const)('ends the %s cleanly on SIGTERM', async (app) => {
  const { child, url } = await startService(app, {});
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });
});
