import { once } from 'node:events';
import { encodeBroadcast, type Log, type TopicLog, type TopicSettings } from '@hello/broadcasts';
import { readConfig } from '@hello/service';
import { onTestFinished } from 'vitest';
import { DeletableLog } from '../../broadcasts/testing/deletable-log.ts';
import { createTestContext } from '../../service/testing/context.ts';
import { consumerSettings } from '../src/config.ts';
import { type Consumer, createConsumer } from '../src/consumer.ts';
import { serveConsumer } from '../src/serve.ts';
import { Client } from './client.ts';

export const SETTINGS: TopicSettings = { partitions: 1, replication: 1, retentionMs: -1 };

/** A log in memory with some topics. It ends with the test. */
export async function openLog(...topics: string[]): Promise<DeletableLog> {
  const log = new DeletableLog(':memory:');
  onTestFinished(() => log.close());
  for (const topic of topics) await log.topic(topic).ensure(SETTINGS);
  return log;
}

/** Appends broadcasts with the sequences from `first` to `last`. */
export async function append(log: Log, topic: string, first: number, last: number): Promise<void> {
  for (let sequence = first; sequence <= last; sequence += 1) {
    const broadcast = { text: 'Hello world', environment: 'test', sequence, sentAt: Date.now(), nextInMs: 1000.5 };
    await log.topic(topic).append({ key: 'test', value: encodeBroadcast(broadcast) });
  }
}

/** A log with some of its topics' methods replaced. */
export const withTopic = (log: Log, replaced: (topicLog: TopicLog) => Partial<TopicLog>): Log => ({
  close: () => log.close(),
  topic(name) {
    const topicLog = log.topic(name);
    return {
      topic: name,
      system: topicLog.system,
      ensure: (settings) => topicLog.ensure(settings),
      append: (record) => topicLog.append(record),
      read: (options) => topicLog.read(options),
      listOffsets: () => topicLog.listOffsets(),
      ...replaced(topicLog),
    };
  },
});

/** A log whose readers get their records only while the gate is open. */
export function gated(log: Log): { log: Log; open(): void } {
  const gate = Promise.withResolvers<void>();
  const gatedLog = withTopic(log, (topicLog) => ({
    async *read(options) {
      for await (const batch of topicLog.read(options)) {
        await Promise.race([gate.promise, once(options.signal, 'abort')]);
        yield batch;
      }
    },
  }));
  return { log: gatedLog, open: () => gate.resolve() };
}

export interface RunningConsumer {
  consumer: Consumer;
  url: string;
  lines: ReturnType<typeof createTestContext>['lines'];
  /** Ends it before the test does. */
  close(): Promise<void>;
}

/** A whole consumer with its HTTP server on loopback. It ends with the test. */
export async function startConsumer(
  log: Log,
  env: Record<string, string> = {},
  port = 0,
  context = createTestContext(),
): Promise<RunningConsumer> {
  const config = { ...readConfig(consumerSettings, env), HOST: '127.0.0.1', PORT: port };
  const consumer = await createConsumer({ log, config, context });
  const { url, close: stopServing } = await serveConsumer({ context, consumer, config });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    stopServing();
    return (closed ??= consumer.close());
  };
  onTestFinished(close);
  return { consumer, url, lines: context.lines, close };
}

/**
 * Waits until the replica at a URL has sent a record of the topic `hello-world` to those who are live, which a busy one
 * does some time after it has read it. Whoever comes before that gets the rest live.
 */
export async function untilSent(url: string, offset: number): Promise<void> {
  const witness = new Client(url);
  await witness.until(({ messages }) => messages.at(-1)?.offset === offset);
  witness.socket.close();
}
