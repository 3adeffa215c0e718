import type { Admin, Kafka, Producer } from 'kafkajs';
import type { Logger } from 'pino';
import { errorType, explain } from './kafka-error.ts';
import { readKafkaTopic } from './kafka-reader.ts';
import { ensureKafkaTopic } from './kafka-topic.ts';
import type { Positions } from './positions.ts';
import type { Appended, LogBatch, OutgoingRecord, PartitionEnds, TopicLog, TopicSettings } from './topic-log.ts';

/** After one of these the broker refuses everything that an idempotent producer sends, so there must be a new one. */
const FATAL_TO_PRODUCER = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
]);

/** One topic of Kafka. */
export class KafkaTopicLog implements TopicLog {
  readonly topic: string;
  readonly #kafka: Kafka;
  readonly #logger: Logger;
  #producer: Promise<Producer> | undefined;

  constructor({ topic, kafka, logger }: { topic: string; kafka: Kafka; logger: Logger }) {
    this.topic = topic;
    this.#kafka = kafka;
    this.#logger = logger;
  }

  ensure(settings: TopicSettings): Promise<string[]> {
    const { topic } = this;
    const exists = () => this.#exists();
    return explained(`create ${topic}`, () =>
      this.#withAdmin((admin) => ensureKafkaTopic({ admin, topic, settings, exists })),
    );
  }

  append(record: OutgoingRecord): Promise<Appended> {
    return explained(`append to ${this.topic}`, () => this.#send(record));
  }

  describe(): Promise<PartitionEnds[]> {
    return explained(`describe ${this.topic}`, () => this.#ends());
  }

  read({ from, signal }: { from: Positions; signal: AbortSignal }): AsyncIterable<LogBatch> {
    return readKafkaTopic({
      kafka: this.#kafka,
      topic: this.topic,
      exists: () => this.#exists(),
      from,
      signal,
      logger: this.#logger,
    });
  }

  /** Ends the connection that appends. What is on its way must have been awaited: kafkajs would drop it. */
  async close(): Promise<void> {
    await this.#disconnectProducer();
  }

  async #send({ key, value }: OutgoingRecord): Promise<Appended> {
    const producer = await this.#connectedProducer();
    const sentAt = Date.now();
    try {
      const message = { key, value: value && Buffer.from(value), timestamp: String(sentAt) };
      const [metadata] = await producer.send({ topic: this.topic, acks: -1, messages: [message] });
      const { partition, baseOffset, logAppendTime } = metadata!;
      const timestamp = Number(logAppendTime);
      return { partition, offset: Number(baseOffset), timestamp: timestamp >= 0 ? timestamp : sentAt };
    } catch (error) {
      if (FATAL_TO_PRODUCER.has(errorType(error) ?? '')) await this.#disconnectProducer();
      throw error;
    }
  }

  async #exists(): Promise<boolean> {
    return (await this.#ends()).length > 0;
  }

  async #ends(): Promise<PartitionEnds[]> {
    try {
      const ends = await this.#withAdmin((admin) => admin.fetchTopicOffsets(this.topic));
      return ends.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }));
    } catch (error) {
      if (errorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return [];
      throw error;
    }
  }

  /**
   * Does something with a connection of its own. An admin of kafkajs remembers every topic that it was asked about, and once one
   * of them is deleted it fails at everything, creating the topic anew included.
   */
  async #withAdmin<T>(task: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      return await task(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async #connectedProducer(): Promise<Producer> {
    this.#producer ??= this.#connectProducer();
    try {
      return await this.#producer;
    } catch (error) {
      this.#producer = undefined;
      throw error;
    }
  }

  async #connectProducer(): Promise<Producer> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      // It can be connected and yet not be allowed to append: it would stay open.
      await producer.disconnect();
      throw error;
    }
  }

  async #disconnectProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await (await producer)?.disconnect();
  }
}

/** Does it, and explains why it cannot be done. */
async function explained<T>(deed: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw explain(error, deed);
  }
}
