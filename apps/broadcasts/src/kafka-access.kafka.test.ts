import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type Admin } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { command, makeCertificates } from '../testing/broker.ts';
import { describeLogContract, newTopicName, SETTINGS, TestReader } from '../testing/contract.ts';
import { LogLines } from '../testing/log-lines.ts';
import {
  ANY_ACL,
  environmentOf,
  grantsOfConsumer,
  grantsOfProducer,
  newUser,
  setPassword,
  type User,
} from '../testing/users.ts';
import { KafkaLog, kafkaSettings, type TopicLog } from './index.ts';
import { toKafkaJs } from './kafka-config.ts';

const HOUR_MS = 3_600_000;
const RECORD = { key: 'k', value: Buffer.from('a') };
const REFUSED = 'Kafka refuses the user or the password';

const control = inject('control');
const secured = inject('secured');
const open = new kafkajs.Kafka({ brokers: inject('brokers').split(','), logLevel: kafkajs.logLevel.NOTHING });

type Environment = Record<string, string | undefined>;
const configOf = (env: Environment) => z.object(kafkaSettings).parse(env);

/** The log of whoever connects with these variables. */
function openLog(env: Environment, logger = pino({ level: 'silent' })): KafkaLog {
  const log = new KafkaLog({ config: configOf(env), clientId: 'test', logger });
  onTestFinished(() => log.close());
  return log;
}

const topicOf = (user: User, topic: string): TopicLog => openLog(environmentOf(user)).topic(topic);

/** Reads as a user, and waits until the log says why this is in vain. */
async function expectNoReading(user: User, topic: string, reason: RegExp): Promise<void> {
  const lines = new LogLines();
  const reader = new TestReader(openLog(environmentOf(user), lines.logger).topic(topic));
  await lines.say(new RegExp(`${reason.source}.*reading was interrupted`), { times: 2 });
  expect(reader.records).toEqual([]);
  await reader.stop();
}

/** What a record says, of all that a reader has. */
const texts = (reader: TestReader): string[] => reader.records.map(({ value }) => Buffer.from(value!).toString());

describe.skipIf(!secured)('a Kafka that wants TLS and users', () => {
  const admin = open.admin();
  beforeAll(() => admin.connect());
  afterAll(() => admin.disconnect());

  /** A topic with one record that nobody was granted anything on yet. */
  const newTopic = async (configEntries: { name: string; value: string }[] = []): Promise<string> => {
    const topic = newTopicName();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries }] });
    const producer = open.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic, messages: [RECORD] });
    await producer.disconnect();
    return topic;
  };

  /** What Kafka allows a user beyond what the log asks of it. */
  const asAdmin = async (user: User, deed: (admin: Admin) => Promise<unknown>): Promise<void> => {
    const kafka = new kafkajs.Kafka({
      ...toKafkaJs(configOf(environmentOf(user))),
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const usersAdmin = kafka.admin();
    await usersAdmin.connect();
    await deed(usersAdmin).finally(() => usersAdmin.disconnect());
  };

  describe('refuses a client', () => {
    let topic: string;
    let env: Record<string, string>;
    let folder: string;
    let otherCaFile: string;
    beforeAll(async () => {
      topic = await newTopic();
      env = environmentOf(await newUser([...grantsOfProducer(topic), ...grantsOfConsumer(topic)]));
      folder = mkdtempSync(join(tmpdir(), 'other-authority-'));
      ({ caFile: otherCaFile } = await makeCertificates(folder));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each<[string, () => Environment, string]>([
      ['without TLS', () => ({ KAFKA_SSL: 'false', KAFKA_SSL_CA: undefined }), 'Closed connection'],
      [
        'without a user',
        () => ({ KAFKA_SASL_USERNAME: undefined, KAFKA_SASL_PASSWORD: undefined }),
        'Closed connection',
      ],
      ['with a wrong password', () => ({ KAFKA_SASL_PASSWORD: 'wrong' }), REFUSED],
      ['of an unknown user', () => ({ KAFKA_SASL_USERNAME: 'nobody' }), REFUSED],
      ['that would send its password as it is', () => ({ KAFKA_SASL_MECHANISM: 'plain' }), 'does not support'],
    ])('%s', async (_, changed, message) => {
      const topicLog = openLog({ ...env, ...changed() }).topic(topic);
      await Promise.all([
        expect(topicLog.listOffsets()).rejects.toThrow(message),
        expect(topicLog.append(RECORD)).rejects.toThrow(message),
        expect(topicLog.ensure(SETTINGS)).rejects.toThrow(message),
      ]);
    });

    it.each<[string, () => string | undefined]>([
      ['another authority of the same name', () => otherCaFile],
      ['those of the system', () => undefined],
    ])('that trusts %s, which refuses it in turn', async (_, caFile) => {
      const topicLog = openLog({ ...env, KAFKA_SSL_CA: caFile() }).topic(topic);
      await expect(topicLog.listOffsets()).rejects.toThrow('is not signed by an authority in KAFKA_SSL_CA');
    });
  });

  describe('lets the producer', () => {
    let topic: string;
    let user: User;
    beforeAll(async () => {
      topic = newTopicName();
      user = await newUser(grantsOfProducer(topic));
    });

    it('make its topic, append to it and list its offsets', async () => {
      const topicLog = topicOf(user, topic);
      expect(await topicLog.ensure(SETTINGS)).toEqual([]);
      // Again, as after every restart.
      expect(await topicLog.ensure(SETTINGS)).toEqual([]);
      const { offset } = await topicLog.append(RECORD);
      expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: offset + 1 }]);
    });

    it('read nothing', async () => {
      await topicOf(user, topic).append(RECORD);
      await expectNoReading(user, topic, /does not let this user read .*Not authorized to access topics/);
    });

    it.each<[string, (admin: Admin, topic: string) => Promise<unknown>]>([
      ['delete it', (as, name) => as.deleteTopics({ topics: [name] })],
      [
        'delete its records',
        async (as, name) => {
          await as.fetchTopicOffsets(name);
          await as.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '1' }] });
        },
      ],
      ['add partitions', (as, name) => as.createPartitions({ topicPartitions: [{ topic: name, count: 2 }] })],
      ['see who may do what', (as) => as.describeAcls(ANY_ACL)],
      [
        'change its settings',
        (as, name) =>
          as.alterConfigs({
            validateOnly: false,
            resources: [
              { type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries: [{ name: 'retention.ms', value: '1' }] },
            ],
          }),
      ],
    ])('not %s', async (_, deed) => {
      await topicOf(user, topic).append(RECORD);
      await expect(asAdmin(user, (as) => deed(as, topic))).rejects.toThrow(/authoriz|deleting records/i);
    });

    it('not touch another topic', async () => {
      const other = topicOf(user, await newTopic());
      await expect(other.append(RECORD)).rejects.toThrow(`Kafka does not let this user append to ${other.topic}`);
      await expect(other.ensure(SETTINGS)).rejects.toThrow(`Kafka does not let this user create ${other.topic}`);
      await expect(other.listOffsets()).rejects.toThrow(`Kafka does not let this user describe ${other.topic}`);
    });
  });

  describe('lets the consumer', () => {
    let topic: string;
    let user: User;
    beforeAll(async () => {
      topic = await newTopic();
      user = await newUser(grantsOfConsumer(topic));
    });

    it('read its topic and list its offsets', async () => {
      const topicLog = topicOf(user, topic);
      expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: 1 }]);
      const reader = new TestReader(topicLog);
      await reader.read(1);
      expect(texts(reader)).toEqual(['a']);
    });

    it('append nothing', async () => {
      await expect(topicOf(user, topic).append(RECORD)).rejects.toThrow('Kafka does not let this user append');
      expect(await topicOf(user, topic).listOffsets()).toEqual([{ partition: 0, low: 0, high: 1 }]);
    });

    it('create no topic', async () => {
      const missing = newTopicName();
      const reading = await newUser(grantsOfConsumer(missing));
      await expect(topicOf(reading, missing).ensure(SETTINGS)).rejects.toThrow('Kafka does not let this user create');
      expect(await admin.listTopics()).not.toContain(missing);
    });

    it('not touch another topic', async () => {
      const other = await newTopic();
      await expect(topicOf(user, other).listOffsets()).rejects.toThrow('Kafka does not let this user describe');
      await expectNoReading(user, other, /does not let this user read/);
    });
  });

  it('gives a user without rights nothing', async () => {
    const topic = await newTopic();
    const stranger = await newUser();
    const topicLog = topicOf(stranger, topic);
    await expect(topicLog.ensure(SETTINGS)).rejects.toThrow('Kafka does not let this user create');
    await expect(topicLog.append(RECORD)).rejects.toThrow('Kafka does not let this user append');
    await expect(topicLog.listOffsets()).rejects.toThrow('Kafka does not let this user describe');
    await expectNoReading(stranger, topic, /does not let this user read/);
    await asAdmin(stranger, async (as) => expect(await as.listTopics()).toEqual([]));
  });

  describe('with a topic that is not as it should be', () => {
    const configOfTopic = async (name: string): Promise<Record<string, string>> => {
      const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }];
      const described = await admin.describeConfigs({ includeSynonyms: false, resources });
      return Object.fromEntries(
        described.resources[0]!.configEntries.map((each) => [each.configName, each.configValue]),
      );
    };

    it('is left as it is by a user who may not change it, who says what differs', async () => {
      const topic = await newTopic([{ name: 'retention.ms', value: String(168 * HOUR_MS) }]);
      const topicLog = topicOf(await newUser(grantsOfProducer(topic)), topic);
      expect(await topicLog.ensure({ partitions: 2, replication: 1, retentionMs: 48 * HOUR_MS })).toEqual([
        `${topic} has 1 of 2 partitions: this user may not add any`,
        `${topic} keeps records for 168 h, not for 48 h: this user may not change that`,
        `${topic} stamps records with CreateTime, not with LogAppendTime: this user may not change that`,
      ]);
      expect(await topicLog.listOffsets()).toHaveLength(1);
      expect(await configOfTopic(topic)).toMatchObject({ 'retention.ms': String(168 * HOUR_MS) });
    });

    it('says so of a topic that keeps its records for ever', async () => {
      const topic = await newTopic([
        { name: 'retention.ms', value: '-1' },
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
      ]);
      const topicLog = topicOf(await newUser(grantsOfProducer(topic)), topic);
      expect(await topicLog.ensure({ ...SETTINGS, retentionMs: 1.5 * HOUR_MS })).toEqual([
        `${topic} keeps records for ever, not for 1.5 h: this user may not change that`,
      ]);
      // Nothing differs, so nothing is changed, which the user may not.
      expect(await topicLog.ensure({ ...SETTINGS, retentionMs: -1 })).toEqual([]);
    });

    it('is enough for a user who may not create it', async () => {
      const topic = await newTopic([{ name: 'message.timestamp.type', value: 'LogAppendTime' }]);
      const [grant] = grantsOfProducer(topic);
      const topicLog = topicOf(await newUser([{ ...grant!, operations: ['WRITE', 'DESCRIBE_CONFIGS'] }]), topic);
      expect(await topicLog.ensure({ ...SETTINGS, retentionMs: 168 * HOUR_MS })).toEqual([]);
      await admin.deleteTopics({ topics: [topic] });
      await expect(topicLog.ensure(SETTINGS)).rejects.toThrow(`Kafka does not let this user create ${topic}`);
    });

    it('is enough for a user who may not even see how it is set up', async () => {
      const topic = await newTopic();
      const [grant] = grantsOfProducer(topic);
      const topicLog = topicOf(await newUser([{ ...grant!, operations: ['WRITE'] }]), topic);
      expect(await topicLog.ensure(SETTINGS)).toEqual([
        `the settings of ${topic} are unknown: this user may not see them`,
      ]);
    });
  });

  describe('whose password of a user is changed', () => {
    let topic: string;
    let user: User;
    beforeAll(async () => {
      topic = await newTopic();
      user = await newUser([...grantsOfProducer(topic), ...grantsOfConsumer(topic)]);
    });

    it('is tried again until the password is right', async () => {
      const lines = new LogLines();
      const topicLog = openLog({ ...environmentOf(user), KAFKA_SASL_PASSWORD: 'later' }, lines.logger).topic(topic);
      const reader = new TestReader(topicLog);
      await lines.say(/Kafka refuses the user or the password.*reading was interrupted/, { times: 3 });
      for (const _ of [1, 2]) await expect(topicLog.append(RECORD)).rejects.toThrow(REFUSED);
      await setPassword(user, 'later');
      await appendUntilTaken(topicLog, 'b');
      await reader.read(2);
      expect(texts(reader)).toEqual(['a', 'b']);
      await setPassword(user, user.password);
    });

    it.skipIf(!control)(
      'serves who is connected, and refuses him after its restart until the password is right',
      async () => {
        const lines = new LogLines();
        const before = await topicOf(user, topic).listOffsets();
        const topicLog = openLog(environmentOf(user), lines.logger).topic(topic);
        const reader = new TestReader(topicLog);
        await topicLog.append({ key: 'k', value: Buffer.from('connected') });
        await reader.read(before[0]!.high + 1);

        await setPassword(user, 'another');
        await topicLog.append({ key: 'k', value: Buffer.from('still connected') });
        await reader.read(before[0]!.high + 2);
        await expect(topicOf(user, topic).append(RECORD)).rejects.toThrow(REFUSED);

        await command(control!.stop);
        await command(control!.start);
        await lines.say(/Kafka refuses the user or the password.*reading was interrupted/, { times: 3 });
        await vi.waitFor(() => expect(topicLog.append(RECORD)).rejects.toThrow(REFUSED), { timeout: 10_000 });

        await setPassword(user, user.password);
        await appendUntilTaken(topicLog, 'connected again');
        await reader.read(before[0]!.high + 3);
        expect(texts(reader).slice(before[0]!.high)).toEqual(['connected', 'still connected', 'connected again']);
      },
    );
  });

  it('is left with no connection by an append that it did not allow', async () => {
    const topicLog = topicOf(await newUser(), newTopicName());
    const connections = (): number =>
      process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;
    await expect(topicLog.append(RECORD)).rejects.toThrow(/./);
    const before = connections();
    for (const _ of [1, 2, 3]) await expect(topicLog.append(RECORD)).rejects.toThrow(/./);
    await vi.waitUntil(() => connections() <= before, { timeout: 5_000 });
  });
});

async function appendUntilTaken(topicLog: TopicLog, text: string): Promise<void> {
  await vi.waitFor(() => topicLog.append({ key: 'k', value: Buffer.from(text) }), { timeout: 30_000 });
}

if (secured) {
  const admin = open.admin();
  beforeAll(() => admin.connect());
  afterAll(() => admin.disconnect());
  describeLogContract('KafkaLog with TLS and users', async () => {
    const user = await newUser([
      {
        name: 'test-',
        pattern: 'PREFIXED',
        operations: ['READ', 'WRITE', 'CREATE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
      },
    ]);
    const log = new KafkaLog({
      config: configOf(environmentOf(user)),
      clientId: 'test',
      logger: pino({ level: 'silent' }),
    });
    return { log, deleteTopic: (name) => admin.deleteTopics({ topics: [name] }) };
  });
}
