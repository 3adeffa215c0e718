import { Socket } from 'node:net';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it, type MockInstance, onTestFinished, vi } from 'vitest';
import { command } from '../testing/broker.ts';
import { newTopicName, SETTINGS, TestReader } from '../testing/contract.ts';
import { KafkaLog } from './index.ts';

const brokers = inject('brokers').split(',');
const control = inject('control');
const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
const admin = kafka.admin();
const producer = kafka.producer({ allowAutoTopicCreation: false });
beforeAll(() => Promise.all([admin.connect(), producer.connect()]));
afterAll(() => Promise.all([admin.disconnect(), producer.disconnect()]));

function openLog(): KafkaLog {
  const config = { KAFKA_BROKERS: brokers, KAFKA_SSL: false, KAFKA_SASL_MECHANISM: 'plain' as const };
  const log = new KafkaLog({ config, clientId: 'test', logger: pino({ level: 'silent' }) });
  onTestFinished(() => log.close());
  return log;
}

const sockets = (): number => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;

/** Sees each connection that is begun from now on. */
function watchConnects(): MockInstance {
  const connect = vi.spyOn(Socket.prototype, 'connect');
  onTestFinished(() => connect.mockRestore());
  return connect;
}

it('makes as many connections for many topics as for few, and none while nothing happens', async () => {
  const names = Array.from({ length: 60 }, newTopicName);
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 })) });
  const sendToAll = async (): Promise<void> => {
    for (const topic of names) await producer.send({ topic, messages: [{ value: 'a' }] });
  };
  await sendToAll();
  const others = sockets();
  const connects = watchConnects();
  const log = openLog();
  const readers = names.map((name) => new TestReader(log.topic(name)));
  await Promise.all(readers.map((reader) => reader.read(1)));
  await Promise.all(names.map((name) => log.topic(name).listOffsets()));
  // One to ask, and two to fetch.
  expect(sockets() - others).toBe(3);
  expect(connects).toHaveBeenCalledTimes(3);
  await sendToAll();
  await Promise.all(readers.map((reader) => reader.read(2)));
  expect(connects).toHaveBeenCalledTimes(3);
});

it.skipIf(!control)(
  'asks everything over one connection, and over one again after the broker was restarted',
  async () => {
    const connects = watchConnects();
    const log = openLog();
    const topicLogs = Array.from({ length: 10 }, () => log.topic(newTopicName()));
    const askAll = (): Promise<unknown> => Promise.all(topicLogs.map((topicLog) => topicLog.listOffsets()));
    await Promise.all(topicLogs.map((topicLog) => topicLog.ensure(SETTINGS)));
    for (let round = 0; round < 10; round += 1) await askAll();
    expect(connects).toHaveBeenCalledTimes(1);

    await command(control!.stop);
    connects.mockClear();
    const outcomes = await Promise.allSettled(topicLogs.map((topicLog) => topicLog.listOffsets()));
    expect(outcomes.map(({ status }) => status)).toEqual(topicLogs.map(() => 'rejected'));
    expect(connects).toHaveBeenCalledTimes(1);

    await command(control!.start);
    await vi.waitFor(askAll, { timeout: 30_000 });
    connects.mockClear();
    for (let round = 0; round < 10; round += 1) await askAll();
    expect(connects).not.toHaveBeenCalled();
    const withLog = sockets();
    await log.close();
    await vi.waitUntil(() => sockets() === withLog - 1);
  },
);
