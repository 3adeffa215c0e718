import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import kafkajs, { type Producer } from 'kafkajs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { newTopicName, SETTINGS, TestReader } from '../testing/contract.ts';
import { LogLines } from '../testing/log-lines.ts';
import { KafkaLog, Positions, type TopicLog } from './index.ts';

const brokers = inject('brokers').split(',');
const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
const admin = kafka.admin();
beforeAll(() => admin.connect());
afterAll(() => admin.disconnect());

function openLog(addresses = brokers, logger = pino({ level: 'silent' })): KafkaLog {
  const config = { KAFKA_BROKERS: addresses, KAFKA_SSL: false, KAFKA_SASL_MECHANISM: 'plain' as const };
  const log = new KafkaLog({ config, clientId: 'test', logger });
  onTestFinished(() => log.close());
  return log;
}

async function newTopic(config: Record<string, string> = {}, numPartitions = 1): Promise<TopicLog> {
  const topic = newTopicName();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] });
  return openLog().topic(topic);
}

async function newProducer(options: Parameters<typeof kafka.producer>[0] = {}): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, ...options });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}

/**
 * A producer of transactions. A broker that is new makes the place for them when it is asked first, and refuses till
 * then.
 */
async function transactional(): Promise<Producer> {
  const options = { transactionalId: newTopicName(), idempotent: true, maxInFlightRequests: 1 };
  return vi.waitFor(() => newProducer(options), { timeout: 30_000 });
}

const messages = (count: number, from = 0): { value: string }[] =>
  Array.from({ length: count }, (_, index) => ({ value: `value ${from + index}` }));
const texts = (reader: TestReader): string[] => reader.records.map(({ value }) => Buffer.from(value!).toString());

/** Until so much of a partition was looked at, whatever stood there. */
const readTo = (reader: TestReader, next: number, partition = 0): Promise<void> =>
  reader.until(() => reader.progress.get(partition)?.next === next);

describe('records that Kafka may send', () => {
  it.each(['gzip', 'snappy', 'lz4', 'zstd'])('are read when the topic is compressed with %s', async (codec) => {
    const topicLog = await newTopic({ 'compression.type': codec });
    const producer = await newProducer();
    const values = messages(3_000);
    for (let at = 0; at < values.length; at += 1_000)
      await producer.send({ topic: topicLog.topic, messages: values.slice(at, at + 1_000) });
    const random = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(Math.random() * 256)));
    await topicLog.append({ key: 'k', value: random });
    const reader = new TestReader(topicLog);
    await reader.read(3_001);
    expect(texts(reader).slice(0, -1)).toEqual(values.map(({ value }) => value));
    expect(Buffer.from(reader.records.at(-1)!.value!).equals(random)).toBe(true);
  });

  it('are read with their keys, headers and times', async () => {
    const topicLog = await newTopic();
    const producer = await newProducer();
    const headers = { a: ['1', '2'], b: Buffer.from([0xff]), none: '' };
    await producer.send({
      topic: topicLog.topic,
      messages: [
        { key: Buffer.from([1, 2]), value: 'x', headers, timestamp: '0' },
        { value: null, timestamp: '1000' },
      ],
    });
    const reader = new TestReader(topicLog);
    await reader.read(2);
    expect(reader.records).toEqual([
      {
        topic: topicLog.topic,
        partition: 0,
        offset: 0,
        timestamp: 0,
        timestampType: 'create',
        key: Buffer.from([1, 2]),
        headers: [
          ['a', Buffer.from('1')],
          ['a', Buffer.from('2')],
          ['b', Buffer.from([0xff])],
          ['none', Buffer.alloc(0)],
        ],
        value: Buffer.from('x'),
      },
      expect.objectContaining({ offset: 1, timestamp: 1000, key: null, value: null, headers: [] }),
    ]);
  });

  it('pass through little memory though they decompress to much', async () => {
    const topicLog = await newTopic();
    const producer = await newProducer();
    const value = Buffer.alloc(24_000_000, 'x');
    // kafkajs packs before it measures, as Kafka does.
    expect(gzipSync(value).length).toBeLessThan(50_000);
    const batch = { topic: topicLog.topic, compression: kafkajs.CompressionTypes.GZIP };
    await producer.send({ ...batch, messages: Array.from({ length: 10 }, () => ({ value })) });
    const stop = new AbortController();
    let seen = 0;
    let most = 0;
    for await (const { records } of topicLog.read({ from: new Positions(), signal: stop.signal })) {
      expect(records.length).toBeLessThanOrEqual(2);
      seen += records.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      if (seen === 10) stop.abort();
    }
    expect(most).toBeLessThan(240_000_000);
  }, 120_000);
});

describe('offsets that carry no record', () => {
  it('are read past: a topic that ends in the control record of a transaction', async () => {
    const topicLog = await newTopic();
    const producer = await transactional();
    const transaction = await producer.transaction();
    await transaction.send({ topic: topicLog.topic, messages: messages(2) });
    await transaction.commit();
    const reader = new TestReader(topicLog);
    await readTo(reader, 3);
    expect(texts(reader)).toEqual(['value 0', 'value 1']);
    expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: 3 }]);
    const positions = new Positions();
    for (const record of reader.records) positions.advance(record);
    const resumed = new TestReader(topicLog, positions);
    await readTo(resumed, 3);
    expect(resumed.records).toEqual([]);
  });

  it('are read past: aborted transactions, and nothing else', async () => {
    const topicLog = await newTopic();
    const producer = await transactional();
    for (const _ of [1, 2]) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: topicLog.topic, messages: messages(3) });
      await transaction.abort();
    }
    const reader = new TestReader(topicLog);
    await readTo(reader, 8);
    expect(reader.records).toEqual([]);
    await topicLog.append({ key: 'k', value: Buffer.from('after') });
    await reader.read(1);
    expect(texts(reader)).toEqual(['after']);
  });

  it('are waited for while a transaction is open, and shown when it is committed', async () => {
    const topicLog = await newTopic();
    const producer = await transactional();
    const transaction = await producer.transaction();
    await transaction.send({ topic: topicLog.topic, messages: messages(2) });
    const reader = new TestReader(topicLog);
    await readTo(reader, 0);
    // Nobody is to wait for what nobody can read.
    expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: 0 }]);
    await transaction.commit();
    await reader.read(2);
    expect(texts(reader)).toEqual(['value 0', 'value 1']);
  });

  it('are read past: records that were deleted, all of them too', async () => {
    const topicLog = await newTopic();
    const producer = await newProducer();
    await producer.send({ topic: topicLog.topic, messages: messages(5) });
    await admin.fetchTopicOffsets(topicLog.topic);
    await admin.deleteTopicRecords({ topic: topicLog.topic, partitions: [{ partition: 0, offset: '5' }] });
    const reader = new TestReader(topicLog);
    await readTo(reader, 5);
    expect(reader.progress.get(0)).toEqual({ partition: 0, low: 5, high: 5, next: 5 });
    await topicLog.append({ key: 'k', value: Buffer.from('after') });
    const [record] = await reader.read(1);
    expect(record).toMatchObject({ offset: 5 });
  });

  it('do not start a reader over that retention has overtaken', async () => {
    const topicLog = await newTopic();
    const producer = await newProducer();
    await producer.send({ topic: topicLog.topic, messages: messages(5) });
    const first = new TestReader(topicLog);
    const positions = new Positions();
    for (const record of (await first.read(5)).slice(0, 2)) positions.advance(record);
    await first.stop();
    await admin.fetchTopicOffsets(topicLog.topic);
    await admin.deleteTopicRecords({ topic: topicLog.topic, partitions: [{ partition: 0, offset: '4' }] });
    const reader = new TestReader(topicLog, positions);
    await reader.read(1);
    expect(reader.records).toMatchObject([{ offset: 4 }]);
    expect(reader.restarts).toBe(0);
    expect(reader.progress.get(0)).toEqual({ partition: 0, low: 4, high: 5, next: 5 });
  });
});

describe('a topic that changes while it is read', () => {
  it('has its new partitions read from their beginning within 10 s', async () => {
    const topicLog = await newTopic();
    const producer = await newProducer();
    const reader = new TestReader(topicLog);
    await producer.send({ topic: topicLog.topic, messages: messages(1) });
    await reader.read(1);
    const before = Date.now();
    await admin.createPartitions({ topicPartitions: [{ topic: topicLog.topic, count: 3 }] });
    const later = await newProducer();
    await later.send({ topic: topicLog.topic, messages: [{ partition: 2, value: 'new' }] });
    await reader.read(2);
    expect(Date.now() - before).toBeLessThan(10_000);
    expect(texts(reader)).toEqual(['value 0', 'new']);
    expect(reader.restarts).toBe(0);
  });

  it('starts over when it is made anew with more partitions, and with records that look the same', async () => {
    const topicLog = await newTopic();
    const same = { topic: topicLog.topic, messages: [{ value: 'same', timestamp: '1' }] };
    await (await newProducer()).send(same);
    const reader = new TestReader(topicLog);
    await reader.read(1);
    await admin.deleteTopics({ topics: [topicLog.topic] });
    await admin.createTopics({ topics: [{ topic: topicLog.topic, numPartitions: 3, replicationFactor: 1 }] });
    const producer = await newProducer();
    const others = [1, 2].map((partition) => ({ partition, value: `in ${partition}` }));
    await producer.send({ ...same, messages: [{ ...same.messages[0]!, partition: 0 }, ...others] });
    await reader.until(() => reader.restarts === 1 && reader.records.length === 3);
    expect(texts(reader).toSorted()).toEqual(['in 1', 'in 2', 'same']);
  });

  it('starts over when positions are of more partitions than there are', async () => {
    const topicLog = await newTopic();
    await topicLog.append({ key: 'k', value: Buffer.from('a') });
    const positions = Positions.from({ 4: { next: 10, timestamp: 1 } });
    const reader = new TestReader(topicLog, positions);
    await reader.read(1);
    expect(reader.restarts).toBe(1);
  });
});

describe('peers that hang', () => {
  /** A server on loopback that does with connections what it is told. */
  async function newServer(serve: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      serve(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  it.each<[string, (socket: Socket) => void]>([
    ['never answers', () => {}],
    ['answers garbage', (socket) => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['answers with a length that is none', (socket) => socket.on('data', () => socket.write(Buffer.alloc(64, 0xff)))],
    ['closes the connection', (socket) => socket.on('data', () => socket.destroy())],
    ['begins an answer and does not go on', (socket) => socket.on('data', () => socket.write(Buffer.from([0, 0])))],
  ])('do not keep anybody from the others: one that %s', async (_, serve) => {
    const { topic } = await newTopic();
    const log = openLog([await newServer(serve), ...brokers]);
    const topicLog = log.topic(topic);
    const before = performance.now();
    const reader = new TestReader(topicLog);
    expect(await topicLog.ensure(SETTINGS)).toEqual([]);
    await topicLog.append({ key: 'k', value: Buffer.from('a') });
    await topicLog.listOffsets();
    await reader.read(1);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('are given up when there is no other, and not waited for by who ends', async () => {
    const lines = new LogLines();
    const log = openLog([await newServer(() => {})], lines.logger);
    const topicLog = log.topic('t');
    const reader = new TestReader(topicLog);
    await Promise.all([
      expect(topicLog.append({ key: 'k', value: null })).rejects.toThrow('does not answer'),
      expect(topicLog.listOffsets()).rejects.toThrow('does not answer: ApiVersions took more than 5 s'),
      lines.say(/does not answer.*reading was interrupted/),
    ]);
    const describing = topicLog.listOffsets();
    const before = performance.now();
    await reader.stop();
    await log.close();
    await expect(describing).rejects.toThrow('Closed connection');
    expect(performance.now() - before).toBeLessThan(500);
  });
});

describe('a reader that is slow', () => {
  it('holds up nobody else, is sent no more than it takes, and gets everything when it goes on', async () => {
    const slow = await newTopic();
    const producer = await newProducer();
    const value = Buffer.alloc(100_000);
    for (let index = 0; index < 20; index += 1)
      await producer.send({ topic: slow.topic, messages: Array.from({ length: 10 }, () => ({ value })) });
    const log = openLog();
    const stop = new AbortController();
    const batches = log.topic(slow.topic).read({ from: new Positions(), signal: stop.signal })[Symbol.asyncIterator]();
    const first = await batches.next();
    let seen: number = first.value.records.length;
    const quick = await newTopic();
    const reader = new TestReader(log.topic(quick.topic));
    for (let index = 0; index < 20; index += 1) {
      await producer.send({ topic: quick.topic, messages: [{ value: String(index) }] });
      await reader.read(index + 1);
    }
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(60_000_000);
    while (seen < 200) seen += (await batches.next()).value.records.length;
    expect(seen).toBe(200);
    stop.abort();
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });
});
