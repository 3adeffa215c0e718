import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { command } from '../testing/broker.ts';
import { describeLogContract, newTopicName, SETTINGS, TestReader } from '../testing/contract.ts';
import { type KafkaConfig, KafkaLog } from './index.ts';

const brokers = inject('brokers');
const control = inject('control');
const config: KafkaConfig = {
  KAFKA_BROKERS: brokers.split(','),
  KAFKA_SSL: false,
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
};
const kafka = new kafkajs.Kafka({ brokers: config.KAFKA_BROKERS, logLevel: kafkajs.logLevel.NOTHING });
const admin = kafka.admin();
beforeAll(() => admin.connect());
afterAll(() => admin.disconnect());

const open = (): KafkaLog => new KafkaLog({ config, clientId: 'test', logger: pino({ level: 'silent' }) });
const deleteTopic = (name: string): Promise<void> => admin.deleteTopics({ topics: [name] });

describeLogContract('KafkaLog', async () => ({ log: open(), deleteTopic }));

describe('KafkaLog', () => {
  const openForTest = (): KafkaLog => {
    const log = open();
    onTestFinished(() => log.close());
    return log;
  };

  const topicConfig = async (name: string): Promise<Record<string, string>> => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }],
    });
    return Object.fromEntries(resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]));
  };

  it('makes a topic as it was told, and brings an existing one there without losing what others set', async () => {
    const topicLog = openForTest().topic(newTopicName());
    await topicLog.ensure({ partitions: 2, replication: 1, retentionMs: 60_000, retentionBytes: 80 * 1024 * 1024 });
    expect(await topicConfig(topicLog.topic)).toMatchObject({
      'retention.ms': '60000',
      'retention.bytes': '83886080',
      'segment.bytes': '10485760',
      'message.timestamp.type': 'LogAppendTime',
    });
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topicLog.topic };
    const configEntries = Object.entries({ 'retention.ms': '60000', 'max.message.bytes': '2000000' }).map(
      ([name, value]) => ({ name, value }),
    );
    await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
    expect(await topicLog.ensure({ partitions: 3, replication: 1, retentionMs: 120_000 })).toEqual([]);
    expect(await topicConfig(topicLog.topic)).toMatchObject({
      'retention.ms': '120000',
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': '2000000',
    });
    expect(await topicLog.listOffsets()).toHaveLength(3);
  });

  it('says that partitions cannot be taken away', async () => {
    const topicLog = openForTest().topic(newTopicName());
    await topicLog.ensure({ ...SETTINGS, partitions: 2 });
    expect(await topicLog.ensure(SETTINGS)).toEqual([expect.stringContaining('cannot take partitions away')]);
  });

  it('keeps the order of each key over several partitions, and reads all of them', async () => {
    const topicLog = openForTest().topic(newTopicName());
    await topicLog.ensure({ ...SETTINGS, partitions: 4 });
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let index = 0; index < 10; index += 1) {
      for (const key of keys) await topicLog.append({ key, value: Buffer.from(`${key}${index}`) });
    }
    const records = await new TestReader(topicLog).read(60);
    const values = records.map(({ value }) => Buffer.from(value!).toString());
    for (const key of keys) {
      expect(values.filter((value) => value.startsWith(key))).toEqual(
        Array.from({ length: 10 }, (_, index) => `${key}${index}`),
      );
    }
    expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  it('takes the timestamp of a topic that keeps the time of its makers', async () => {
    const topic = newTopicName();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
    const topicLog = openForTest().topic(topic);
    const appended = await topicLog.append({ key: 'k', value: Buffer.from('a') });
    const [record] = await new TestReader(topicLog).read(1);
    expect(record!.timestamp).toBe(appended.timestamp);
  });

  it('makes a new producer when the broker no longer takes the sequence of the old one', async () => {
    const topicLog = openForTest().topic(newTopicName());
    await topicLog.ensure(SETTINGS);
    await topicLog.append({ key: 'k', value: Buffer.from('a') });
    await deleteTopic(topicLog.topic);
    await topicLog.ensure(SETTINGS);
    const appendUntilTaken = async (): Promise<void> => {
      await topicLog.append({ key: 'k', value: Buffer.from('b') }).catch(appendUntilTaken);
    };
    await appendUntilTaken();
    const records = await new TestReader(topicLog).read(1);
    expect(Buffer.from(records[0]!.value!).toString()).toBe('b');
  });

  it('goes on past records that were evicted, from the earliest that is left', async () => {
    const topicLog = openForTest().topic(newTopicName());
    await topicLog.ensure(SETTINGS);
    for (const value of ['a', 'b', 'c']) await topicLog.append({ key: 'k', value: Buffer.from(value) });
    await admin.fetchTopicOffsets(topicLog.topic);
    await admin.deleteTopicRecords({ topic: topicLog.topic, partitions: [{ partition: 0, offset: '2' }] });
    const records = await new TestReader(topicLog).read(1);
    expect(records[0]).toMatchObject({ offset: 2 });
    expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 2, high: 3 }]);
  });

  it('rejects what it is asked while Kafka is away, and does not stay open', async () => {
    const log = new KafkaLog({
      config: { ...config, KAFKA_BROKERS: ['127.0.0.1:1'] },
      clientId: 'test',
      logger: pino({ level: 'silent' }),
    });
    const topicLog = log.topic('t');
    await expect(topicLog.listOffsets()).rejects.toThrow(/./);
    await expect(topicLog.append({ key: 'k', value: Buffer.from('a') })).rejects.toThrow(/./);
    const reader = new TestReader(topicLog);
    await reader.stop();
    await log.close();
  });

  it('starts a reader over that missed its topic, and finds it created anew and longer than it was', async () => {
    let missed = 0;
    const count = { write: (line: string) => void (missed += Number(line.includes('does not host this topic'))) };
    const log = new KafkaLog({ config, clientId: 'test', logger: pino({ level: 'debug' }, count) });
    onTestFinished(() => log.close());
    const topicLog = openForTest().topic(newTopicName());
    const appendAll = async (values: string[]): Promise<void> => {
      for (const value of values) await topicLog.append({ key: 'k', value: Buffer.from(value) });
    };
    await topicLog.ensure(SETTINGS);
    await appendAll(['a', 'b']);
    const reader = new TestReader(log.topic(topicLog.topic));
    await reader.read(2);
    await deleteTopic(topicLog.topic);
    await vi.waitUntil(() => missed >= 2, { timeout: 10_000 });
    await topicLog.ensure(SETTINGS);
    await appendAll(['p', 'q', 'r', 's']);
    await reader.until(() => reader.restarts === 1 && reader.records.length === 4);
    expect(reader.records.map(({ value }) => Buffer.from(value!).toString())).toEqual(['p', 'q', 'r', 's']);
  });

  it.skipIf(!control)('loses and doubles nothing when the broker is stopped or killed and started again', async () => {
    const topicLog = openForTest().topic(newTopicName());
    await topicLog.ensure(SETTINGS);
    const reader = new TestReader(topicLog);
    const total = 300;
    const appendAll = async (): Promise<void> => {
      for (let index = 0; index < total; index += 1) {
        const record = { key: 'k', value: Buffer.from(String(index)) };
        const appendUntilTaken = async (): Promise<void> => {
          await topicLog.append(record).catch(appendUntilTaken);
        };
        await appendUntilTaken();
      }
    };
    const appending = appendAll();
    await reader.read(50);
    await command(control!.stop);
    await command(control!.start);
    await reader.read(150);
    await command(control!.kill);
    await command(control!.start);
    await appending;
    const records = await reader.read(total);
    expect(records.map(({ value }) => Number(Buffer.from(value!).toString()))).toEqual(
      Array.from({ length: total }, (_, index) => index),
    );
    // All may have been read before it was killed, and it leads the partition a moment after it answers.
    await vi.waitFor(
      async () => expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: total }]),
      { timeout: 10_000, interval: 100 },
    );
  });
});
