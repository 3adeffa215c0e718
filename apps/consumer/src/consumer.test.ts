import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Client } from '../testing/client.ts';
import { append, openLog, SETTINGS, startConsumer, withTopic } from '../testing/consumer.ts';
import { buildPage } from './http/page-build.ts';
import { startConsumer as startService } from './service.ts';

const TOPIC = 'hello-world';

it('ends when its reader stays silent though the topic goes on, and it was opened anew', async () => {
  const log = await openLog(TOPIC);
  let opened = 0;
  const silent = withTopic(log, () => ({
    // oxlint-disable-next-line require-yield
    async *read({ signal }) {
      opened += 1;
      await once(signal, 'abort');
    },
  }));
  const { consumer } = await startConsumer(silent, { WATCHDOG_SECONDS: '1' });
  const appending = setInterval(() => void append(log, TOPIC, 1, 1), 50);
  onTestFinished(() => clearInterval(appending));
  await expect(consumer.failed).rejects.toThrow(
    `the reader of ${TOPIC} is stuck: silent for 2 s while the topic goes on`,
  );
  expect(opened).toBe(2);
});

it('reads on from where it was, without a loss or a double, when its reader was stuck', async () => {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 5);
  let opened = 0;
  const stuck = withTopic(log, (topicLog) => ({
    async *read(options) {
      opened += 1;
      for await (const batch of topicLog.read(options)) {
        yield batch;
        if (opened === 1) await once(options.signal, 'abort');
      }
    },
  }));
  const { url, consumer, lines } = await startConsumer(stuck, { WATCHDOG_SECONDS: '1' });
  const client = new Client(url);
  await client.until(({ messages }) => messages.length === 5);
  const appending = setInterval(() => void append(log, TOPIC, 1, 1), 50);
  onTestFinished(() => clearInterval(appending));
  await client.until(({ messages }) => messages.length > 20);
  expect(client.offsets).toEqual(client.offsets.map((_, index) => index));
  expect(opened).toBe(2);
  expect(consumer.notReady()).toBeUndefined();
  expect(lines.filter(({ msg }) => msg.startsWith('the reader is stuck'))).toHaveLength(1);
});

it('ends when its reader fails', async () => {
  const log = await openLog(TOPIC);
  const failing = withTopic(log, () => ({
    // oxlint-disable-next-line require-yield
    async *read() {
      throw new Error('the disk is full');
    },
  }));
  const { consumer } = await startConsumer(failing);
  await expect(consumer.failed).rejects.toThrow('the disk is full');
});

it('is not ready while the log does not answer, and asks until it does', async () => {
  const log = await openLog(TOPIC);
  let away = true;
  const flaky = withTopic(log, (topicLog) => ({
    listOffsets: () => (away ? Promise.reject(new Error('away')) : topicLog.listOffsets()),
  }));
  const { consumer, url, lines } = await startConsumer(flaky);
  await vi.waitUntil(() => lines.some(({ msg }) => msg === 'the log does not answer'));
  const response = await fetch(`${url}/readyz`);
  expect(response.status).toBe(503);
  expect((await response.json()).detail).toBe(`still reading ${TOPIC}`);
  away = false;
  await vi.waitUntil(() => consumer.notReady() === undefined, { timeout: 5_000 });
});

it('closes at once while the log does not answer', async () => {
  const log = await openLog(TOPIC);
  const gone = withTopic(log, () => ({ listOffsets: () => Promise.reject(new Error('away')) }));
  const { consumer } = await startConsumer(gone, { WATCHDOG_SECONDS: '1' });
  const start = performance.now();
  await consumer.close();
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(consumer.notReady()).toBeDefined();
});

it('is ready at once when its topic does not exist yet', async () => {
  const { consumer } = await startConsumer(await openLog(), { TOPICS: 'a,b' });
  await vi.waitUntil(() => consumer.notReady() === undefined);
  expect(consumer.notReady()).toBeUndefined();
});

it('shows what comes to a topic that is made only after it was ready', async () => {
  const log = await openLog();
  const { url, consumer } = await startConsumer(log);
  await vi.waitUntil(() => consumer.notReady() === undefined);
  const client = new Client(url);
  await client.until(({ catchUps }) => catchUps.length === 1);
  expect(client.messages).toEqual([]);
  await log.topic(TOPIC).ensure(SETTINGS);
  await append(log, TOPIC, 1, 2);
  await client.until(({ messages }) => messages.length === 2);
  expect(client.offsets).toEqual([0, 1]);
});

it.each([
  ['retention took', [{ partition: 0, low: 10, high: 10 }]],
  ['went with its topic', []],
  ['went with its topic, which is made anew,', [{ partition: 0, low: 0, high: 0 }]],
])('does not wait for what %s before it was read', async (_, later) => {
  let looks = 0;
  const emptied = withTopic(await openLog(TOPIC), () => ({
    listOffsets: async () => ((looks += 1) === 1 ? [{ partition: 0, low: 0, high: 10 }] : later),
  }));
  const { consumer } = await startConsumer(emptied);
  await vi.waitUntil(() => looks === 1);
  expect(consumer.notReady()).toBe(`still reading ${TOPIC}`);
  await vi.waitUntil(() => consumer.notReady() === undefined, { timeout: 5_000 });
});

it('waits for what is still there, whatever was added or taken since, and for all partitions', async () => {
  const looked = Promise.withResolvers<void>();
  let looks = 0;
  const log = withTopic(await openLog(TOPIC), () => ({
    async listOffsets() {
      looks += 1;
      if (looks === 4) looked.resolve();
      if (looks === 3) throw new Error('away');
      return [
        { partition: 0, low: looks === 1 ? 0 : 10, high: 10 },
        { partition: 1, low: looks === 1 ? 0 : 9, high: looks === 1 ? 10 : 20 },
      ];
    },
  }));
  const { consumer } = await startConsumer(log);
  await looked.promise;
  expect(consumer.notReady()).toBe(`still reading ${TOPIC}`);
});

it('is ready when its topic is read, though it was another one at the start', async () => {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 2);
  let high = 10;
  const replaced = withTopic(log, (topicLog) => ({
    async *read(options) {
      high = 2;
      yield { records: [], progress: [], restarted: true };
      yield* topicLog.read(options);
    },
    listOffsets: async () => [{ partition: 0, low: 0, high }],
  }));
  const { consumer } = await startConsumer(replaced);
  await vi.waitUntil(() => consumer.notReady() === undefined);
  expect(consumer.notReady()).toBeUndefined();
});

it('evicts what is too old', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 5);
  const { url, consumer } = await startConsumer(log, { HISTORY_MAX_HOURS: '0.001' });
  await vi.waitUntil(() => consumer.notReady() === undefined);
  vi.setSystemTime(Date.now() + 4_000);
  const left = async () => (await (await fetch(`${url}/api/topics`)).json()).topics[0].messages;
  await vi.waitUntil(async () => (await left()) === 0, { timeout: 5_000 });
});

it('serves a page that was bundled before', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'page-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const files = await buildPage();
  for (const [name, body] of files) writeFileSync(join(directory, name), body);
  const { url } = await startConsumer(await openLog(TOPIC), { PAGE_DIR: directory, BANNER: 'From a folder' });
  expect(await (await fetch(url)).text()).toContain('From a folder');
  const script = [...files.keys()].find((name) => name.endsWith('.js'))!;
  expect(await (await fetch(`${url}/assets/${script}`)).text()).toBe(files.get(script)!.toString());
});

it('says that there is no page where it is told to find one', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'no-page-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const folder of [directory, join(directory, 'nothing')])
    await expect(
      startService({ KAFKA_BROKERS: 'a:1', PORT: '0', LOG_LEVEL: 'silent', PAGE_DIR: folder }),
    ).rejects.toThrow(`PAGE_DIR: there is no page in ${folder}; without the setting`);
});

it('lives without being ready while Kafka is away, and closes', async () => {
  const service = await startService({ KAFKA_BROKERS: '127.0.0.1:1', PORT: '0', LOG_LEVEL: 'silent' });
  await service.close();
  expect(service.failed).toBeInstanceOf(Promise);
});

it('says what is wrong with its configuration', async () => {
  await expect(startService({ KAFKA_BROKERS: 'nonsense' })).rejects.toThrow('KAFKA_BROKERS');
  await expect(startService({ KAFKA_BROKERS: 'a:1', TOPICS: 'a,,b' })).rejects.toThrow('TOPICS');
  await expect(startService({ KAFKA_BROKERS: 'a:1', TOPICS: 'a,a' })).rejects.toThrow('expected no value twice');
});
