import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs';
import type { Logger } from 'pino';
import { readKafkaTopic } from './kafka-reader.ts';
import type { Positions } from './positions.ts';
import type { Appended, LogBatch, OutgoingRecord, PartitionEnds, TopicLog, TopicSettings } from './topic-log.ts';

const { ConfigResourceTypes, KafkaJSProtocolError } = kafkajs;

/** After one of these the broker refuses everything that an idempotent producer sends, so there must be a new one. */
const FATAL_TO_PRODUCER = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
]);

/** Where the source of a topic's setting is the topic itself, not a default. */
const DYNAMIC_TOPIC_CONFIG = 1;

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
    return this.#withAdmin((admin) => this.#createOrAdjust(admin, settings));
  }

  async append({ key, value }: OutgoingRecord): Promise<Appended> {
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

  read({ from, signal }: { from: Positions; signal: AbortSignal }): AsyncIterable<LogBatch> {
    return readKafkaTopic({
      kafka: this.#kafka,
      topic: this.topic,
      exists: async () => (await this.describe()).length > 0,
      from,
      signal,
      logger: this.#logger,
    });
  }

  async describe(): Promise<PartitionEnds[]> {
    try {
      const ends = await this.#withAdmin((admin) => admin.fetchTopicOffsets(this.topic));
      return ends.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }));
    } catch (error) {
      if (errorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return [];
      throw error;
    }
  }

  /** Ends the connection that appends. What is on its way must have been awaited: kafkajs would drop it. */
  async close(): Promise<void> {
    await this.#disconnectProducer();
  }

  async #createOrAdjust(admin: Admin, settings: TopicSettings): Promise<string[]> {
    const created = await admin.createTopics({
      topics: [
        {
          topic: this.topic,
          numPartitions: settings.partitions,
          replicationFactor: settings.replication,
          configEntries: Object.entries(topicConfig(settings)).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    return created ? [] : this.#adjust(admin, settings);
  }

  /** Brings an existing topic to the settings, as far as Kafka lets it be changed. */
  async #adjust(admin: Admin, settings: TopicSettings): Promise<string[]> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [this.topic] });
    const partitions = topics[0]!.partitions;
    const replication = partitions[0]!.replicas.length;
    const left: string[] = [];
    if (partitions.length < settings.partitions) {
      await admin.createPartitions({ topicPartitions: [{ topic: this.topic, count: settings.partitions }] });
    } else if (partitions.length > settings.partitions) {
      left.push(
        `${this.topic} has ${partitions.length} partitions, not ${settings.partitions}: Kafka cannot take partitions away`,
      );
    }
    if (replication !== settings.replication) {
      left.push(
        `${this.topic} has ${replication} replicas, not ${settings.replication}: move them with kafka-reassign-partitions`,
      );
    }
    await this.#configure(admin, topicConfig(settings));
    return left;
  }

  /** kafkajs replaces all of a topic's own settings at once, so those that somebody else made are sent along. */
  async #configure(admin: Admin, wanted: Record<string, string>): Promise<void> {
    const resource = { type: ConfigResourceTypes.TOPIC, name: this.topic };
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
    const own = resources[0]!.configEntries.filter((entry) => Number(entry.configSource) === DYNAMIC_TOPIC_CONFIG);
    const current = Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]));
    if (Object.entries(wanted).every(([name, value]) => current[name] === value)) return;
    const configEntries = Object.entries({ ...current, ...wanted }).map(([name, value]) => ({ name, value }));
    await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
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
    await producer.connect();
    return producer;
  }

  async #disconnectProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await (await producer)?.disconnect();
  }
}

/** Timestamps are the broker's, so that history is in the log's order even when a producer's clock jumps. */
function topicConfig({ retentionMs }: TopicSettings): Record<string, string> {
  return { 'retention.ms': String(retentionMs), 'message.timestamp.type': 'LogAppendTime' };
}

/** The protocol's name of what went wrong, also where kafkajs wrapped it after its last retry. */
function errorType(error: unknown): string | undefined {
  if (error instanceof KafkaJSProtocolError) return error.type;
  return error instanceof Error && error.cause ? errorType(error.cause) : undefined;
}
