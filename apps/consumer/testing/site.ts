import { type Broadcast, encodeBroadcast } from '@hello/broadcasts';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { DeletableLog } from '../../broadcasts/testing/deletable-log.ts';
import { createTestContext } from '../../service/testing/context.ts';
import { type ConsumerConfig, consumerSettings } from '../src/config.ts';
import { type Consumer, createConsumer } from '../src/consumer.ts';
import { serveConsumer } from '../src/serve.ts';

/**
 * A consumer on a log in memory, served on a port of this machine that stays the same over restarts. It ends with the
 * test.
 */
export class Site {
  readonly log = new DeletableLog(':memory:');
  readonly #config: ConsumerConfig;
  #port = 0;
  #running: { consumer: Consumer; close: () => void } | undefined;
  #sequence = 0;

  private constructor(settings: Partial<ConsumerConfig>) {
    this.#config = { ...z.object(consumerSettings).parse({}), ...settings };
  }

  static async start(settings: Partial<ConsumerConfig> = {}): Promise<Site> {
    const site = new Site(settings);
    onTestFinished(async () => {
      await site.stop();
      await site.log.close();
    });
    for (const topic of site.#config.TOPICS) await site.createTopic(topic);
    await site.start();
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async createTopic(topic: string): Promise<void> {
    await this.log.topic(topic).ensure({ partitions: 1, replication: 1, retentionMs: -1 });
  }

  async start(): Promise<void> {
    const context = createTestContext();
    const consumer = await createConsumer({ log: this.log, config: this.#config, context });
    const config = { ...this.#config, HOST: '127.0.0.1', PORT: this.#port };
    const { url, close } = await serveConsumer({ context, consumer, config });
    this.#port = Number(new URL(url).port);
    this.#running = { consumer, close };
  }

  /** Stops serving. The log stays. */
  async stop(): Promise<void> {
    const { consumer, close } = this.#running ?? {};
    this.#running = undefined;
    close?.();
    await consumer?.close();
  }

  /** Broadcasts a text, and answers with its offset. */
  async say(
    text = 'Hello world',
    { topic, ...broadcast }: Partial<Broadcast & { topic: string }> = {},
  ): Promise<number> {
    this.#sequence += 1;
    const value = encodeBroadcast({
      text,
      environment: 'test',
      sequence: this.#sequence,
      sentAt: Date.now(),
      nextInMs: 5_000,
      ...broadcast,
    });
    return this.append(value, topic);
  }

  /** Broadcasts a text with a number, 0 first, as often as is said. */
  async sayMany(count: number): Promise<void> {
    for (let number = 0; number < count; number += 1) await this.say(`Hello ${number}`);
  }

  /** Appends anything at all, and answers with its offset. */
  async append(value: Uint8Array | null, topic = this.#config.TOPICS[0]!): Promise<number> {
    const { offset } = await this.log.topic(topic).append({ key: 'test', value });
    return offset;
  }
}
