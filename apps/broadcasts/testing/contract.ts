import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  earliest,
  type Log,
  type LogRecord,
  type PartitionProgress,
  Positions,
  type TopicLog,
  type TopicSettings,
} from '../src/index.ts';

/** One adapter of the log, ready to be tried. */
export interface LogUnderTest {
  log: Log;
  deleteTopic(name: string): Promise<void>;
}

export const SETTINGS: TopicSettings = { partitions: 1, replication: 1, retentionMs: 3_600_000 };

/** A topic's name that no other test has. */
export const newTopicName = (): string => `test-${randomUUID()}`;

const bytes = (text: string): Uint8Array => Buffer.from(text);
const texts = (records: LogRecord[]): string[] => records.map(({ value }) => Buffer.from(value!).toString());

/**
 * A reader that runs until the test ends, or until `stop`. It waits for what comes, it does not look again and again.
 */
export class TestReader {
  records: LogRecord[] = [];
  restarts = 0;
  /** Of each partition, what was told last. */
  readonly progress = new Map<number, PartitionProgress>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #changed = Promise.withResolvers<void>();

  constructor(topicLog: TopicLog, from: Positions = earliest()) {
    this.#done = this.#run(topicLog, from);
    onTestFinished(() => this.stop());
  }

  /** The first `count` records, as soon as there are so many. */
  async read(count: number): Promise<LogRecord[]> {
    await this.until(() => this.records.length >= count);
    return this.records.slice(0, count);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(topicLog: TopicLog, from: Positions): Promise<void> {
    for await (const { records, progress, restarted } of topicLog.read({ from, signal: this.#stop.signal })) {
      if (restarted) {
        this.restarts += 1;
        this.records = [];
      }
      this.records.push(...records);
      for (const each of progress) this.progress.set(each.partition, each);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }
}

/** What every adapter of the log must do. */
export function describeLogContract(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`${name} as a log`, () => {
    let subject: LogUnderTest;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.log.close());

    const newTopic = async (settings = SETTINGS): Promise<TopicLog> => {
      const topicLog = subject.log.topic(newTopicName());
      expect(await topicLog.ensure(settings)).toEqual([]);
      return topicLog;
    };
    const appendAll = async (topicLog: TopicLog, values: string[]): Promise<void> => {
      for (const value of values) await topicLog.append({ key: 'test', value: bytes(value) });
    };

    it('lists no offsets of a topic that does not exist', async () => {
      expect(await subject.log.topic(newTopicName()).listOffsets()).toEqual([]);
    });

    it('lists the offsets of an empty topic, and of the same after records came', async () => {
      const topicLog = await newTopic();
      expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: 0 }]);
      await appendAll(topicLog, ['a', 'b']);
      expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: 2 }]);
    });

    it('keeps records when a topic is made sure of again, with another retention', async () => {
      const topicLog = await newTopic();
      await appendAll(topicLog, ['a']);
      expect(await topicLog.ensure({ ...SETTINGS, retentionMs: -1 })).toEqual([]);
      expect(texts(await new TestReader(topicLog).read(1))).toEqual(['a']);
    });

    it('says what it cannot change of a topic', async () => {
      const topicLog = await newTopic();
      expect(await topicLog.ensure({ ...SETTINGS, replication: 3 })).toEqual([expect.stringContaining(topicLog.topic)]);
    });

    it('refuses a record for a topic that does not exist', async () => {
      await expect(subject.log.topic(newTopicName()).append({ key: 'k', value: bytes('a') })).rejects.toThrow(/./);
    });

    it('gives records back in the order of their offsets, as they were appended', async () => {
      const topicLog = await newTopic();
      const appended = [];
      for (let index = 0; index < 20; index += 1) {
        appended.push(await topicLog.append({ key: 'test', value: bytes(`value ${index}`) }));
      }
      expect(appended.map(({ offset }) => offset)).toEqual(appended.map((_, index) => index));
      const records = await new TestReader(topicLog).read(20);
      expect(records.map(({ partition, offset, timestamp }) => ({ partition, offset, timestamp }))).toEqual(appended);
      expect(texts(records)).toEqual(appended.map((_, index) => `value ${index}`));
      expect(records.every(({ topic }) => topic === topicLog.topic)).toBe(true);
    });

    it('gives back the keys, and whose clock the timestamps are of', async () => {
      const topicLog = await newTopic();
      await topicLog.append({ key: 'é', value: bytes('a') });
      const [record] = await new TestReader(topicLog).read(1);
      expect(Buffer.from(record!.key!).toString()).toBe('é');
      expect(record).toMatchObject({ timestampType: 'append', headers: [] });
    });

    it('gives back the headers', async () => {
      const topicLog = await newTopic();
      const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', source: 'é', none: '' };
      await topicLog.append({ key: 'k', value: bytes('a'), headers });
      const [record] = await new TestReader(topicLog).read(1);
      expect(record!.headers.map(([header, value]) => [header, Buffer.from(value!).toString()])).toEqual(
        Object.entries(headers),
      );
    });

    it('tells how far it read, and how far there is something to read', async () => {
      const topicLog = await newTopic();
      await appendAll(topicLog, ['a', 'b', 'c']);
      const reader = new TestReader(topicLog);
      await reader.read(3);
      expect(reader.progress.get(0)).toEqual({ partition: 0, low: 0, high: 3, next: 3 });
    });

    it('stamps records with the time', async () => {
      const before = Date.now();
      const { timestamp } = await (await newTopic()).append({ key: 'test', value: bytes('a') });
      expect(timestamp).toBeGreaterThanOrEqual(before);
      expect(timestamp).toBeLessThanOrEqual(Date.now());
    });

    it('reads on from a position, without the record before it', async () => {
      const topicLog = await newTopic();
      await appendAll(topicLog, ['a', 'b', 'c', 'd']);
      const positions = new Positions();
      for (const record of await new TestReader(topicLog).read(2)) positions.advance(record);
      expect(texts(await new TestReader(topicLog, positions).read(2))).toEqual(['c', 'd']);
    });

    it('does not change the positions that it was given', async () => {
      const topicLog = await newTopic();
      await appendAll(topicLog, ['a']);
      const positions = new Positions();
      await new TestReader(topicLog, positions).read(1);
      expect(positions.empty).toBe(true);
    });

    it('delivers what comes while it reads', async () => {
      const topicLog = await newTopic();
      const reader = new TestReader(topicLog);
      await appendAll(topicLog, ['a']);
      await reader.read(1);
      await appendAll(topicLog, ['b', 'c']);
      expect(texts(await reader.read(3))).toEqual(['a', 'b', 'c']);
    });

    it('waits for a topic that does not exist yet', async () => {
      const topicLog = subject.log.topic(newTopicName());
      const reader = new TestReader(topicLog);
      await topicLog.ensure(SETTINGS);
      await appendAll(topicLog, ['a']);
      expect(texts(await reader.read(1))).toEqual(['a']);
    });

    it('gives each of several readers everything', async () => {
      const topicLog = await newTopic();
      const values = Array.from({ length: 50 }, (_, index) => String(index));
      const readers = [new TestReader(topicLog), new TestReader(topicLog), new TestReader(topicLog)];
      await appendAll(topicLog, values);
      const seen = await Promise.all(readers.map((reader) => reader.read(values.length)));
      expect(seen.map(texts)).toEqual([values, values, values]);
    });

    it('carries large, empty and missing values, and bytes that are no text', async () => {
      const topicLog = await newTopic();
      const values = [randomBytes(900_000), new Uint8Array(0), null, Buffer.from([0xff, 0x00, 0xfe])];
      for (const value of values) await topicLog.append({ key: 'test', value });
      const records = await new TestReader(topicLog).read(values.length);
      expect(records.map(({ value }) => value && Buffer.from(value))).toEqual(
        values.map((value) => value && Buffer.from(value)),
      );
    });

    it('lets a reader go and come back again and again without a loss or a double', async () => {
      const topicLog = await newTopic();
      const values = Array.from({ length: 30 }, (_, index) => String(index));
      const positions = new Positions();
      const seen: LogRecord[] = [];
      for (let start = 0; start < values.length; start += 10) {
        await appendAll(topicLog, values.slice(start, start + 10));
        const reader = new TestReader(topicLog, positions);
        const records = await reader.read(10);
        await reader.stop();
        for (const record of records) positions.advance(record);
        seen.push(...records);
      }
      expect(texts(seen)).toEqual(values);
    });

    it('ends a reader that waits when its signal aborts', async () => {
      const reader = new TestReader(await newTopic());
      await reader.stop();
      expect(reader.records).toEqual([]);
    });

    it('ends a reader of a topic that does not exist when its signal aborts', async () => {
      const reader = new TestReader(subject.log.topic(newTopicName()));
      await reader.stop();
      expect(reader.records).toEqual([]);
    });

    it('reads nothing when its signal was aborted before', async () => {
      const topicLog = await newTopic();
      await appendAll(topicLog, ['a']);
      const batches = topicLog.read({ from: earliest(), signal: AbortSignal.abort() });
      expect(await Array.fromAsync(batches)).toEqual([]);
    });

    it('starts a reader over when its topic was deleted and created anew', async () => {
      const topicLog = await newTopic();
      await appendAll(topicLog, ['a', 'b', 'c']);
      const reader = new TestReader(topicLog);
      await reader.read(3);
      await subject.deleteTopic(topicLog.topic);
      await topicLog.ensure(SETTINGS);
      await appendAll(topicLog, ['x']);
      await reader.until(() => reader.restarts === 1 && reader.records.length === 1);
      expect(texts(reader.records)).toEqual(['x']);
    });

    it('finds out that positions are of an earlier topic, also when the new one is longer', async () => {
      const topicLog = await newTopic();
      await appendAll(topicLog, ['a', 'b']);
      const positions = new Positions();
      for (const record of await new TestReader(topicLog).read(2)) positions.advance(record);
      const { timestamp } = positions.get(0)!;
      await subject.deleteTopic(topicLog.topic);
      await topicLog.ensure(SETTINGS);
      // The two topics are told apart by the time of their records.
      await vi.waitUntil(() => Date.now() > timestamp);
      await appendAll(topicLog, ['x', 'y', 'z']);
      const reader = new TestReader(topicLog, positions);
      await reader.until(() => reader.restarts === 1 && reader.records.length === 3);
      expect(texts(reader.records)).toEqual(['x', 'y', 'z']);
    });
  });
}
