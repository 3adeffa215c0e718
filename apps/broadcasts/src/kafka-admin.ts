import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaCluster } from './kafka-cluster.ts';
import { errorType } from './kafka-error.ts';
import type { TopicMetadata } from './kafka-metadata.ts';
import type { Ask } from './kafka-protocol.ts';
import {
  alterConfigs,
  createPartitions,
  createTopics,
  describeConfigs,
  type TopicConfigEntry,
} from './kafka-requests.ts';
import type { TopicSettings } from './topic-log.ts';

/** How long the broker may take for a change, and how long it is waited for. */
const CHANGE_MS = 5_000;
const ANSWER_MS = 7_000;
const LEADERS_MS = 5_000;
const LOOK_MS = 50;
const TOPIC = 2;

/** A setting of a topic, and its source: 1 is the topic itself. */
export interface TopicConfigValue {
  configName: string;
  configValue: string;
  configSource: number;
}

/**
 * What is changed of topics, over the connections that the cluster has for all questions. Rejects with what the broker,
 * or the user's rights, say against it.
 */
export class KafkaAdmin {
  readonly #cluster: KafkaCluster;

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  /** What is known of a topic, nothing when it does not exist. */
  topic(name: string): Promise<TopicMetadata | undefined> {
    return this.#cluster.topic(name);
  }

  /** Whether it was created, and not there before. */
  async createTopic(
    topic: string,
    { partitions: numPartitions, replication: replicationFactor }: TopicSettings,
    configEntries: TopicConfigEntry[],
  ): Promise<boolean> {
    const topics = [{ topic, numPartitions, replicationFactor, configEntries }];
    try {
      await this.#change(createTopics({ topics, timeout: CHANGE_MS, validateOnly: false }));
    } catch (error) {
      if (errorType(error) === 'TOPIC_ALREADY_EXISTS') return false;
      throw error;
    }
    await this.#hasLeaders(topic, numPartitions);
    return true;
  }

  async createPartitions(topic: string, count: number): Promise<void> {
    await this.#change(
      createPartitions({ topicPartitions: [{ topic, count }], timeout: CHANGE_MS, validateOnly: false }),
    );
    await this.#hasLeaders(topic, count);
  }

  /** All settings of a topic, its own and the defaults. */
  async describeConfig(name: string): Promise<TopicConfigValue[]> {
    const { resources } = await this.#change(
      describeConfigs({ resources: [{ type: TOPIC, name }], includeSynonyms: false }),
    );
    return resources[0]!.configEntries;
  }

  /** Replaces all of a topic's own settings. */
  async alterConfig(name: string, configEntries: TopicConfigEntry[]): Promise<void> {
    await this.#change(alterConfigs({ resources: [{ type: TOPIC, name, configEntries }], validateOnly: false }));
  }

  /**
   * With ZooKeeper only the controller makes changes, so all brokers must be known. The others refuse.
   */
  async #change<T>(ask: Ask<T>): Promise<T> {
    await this.#cluster.topics([]);
    return this.#cluster.askAny(ask, { timeoutMs: ANSWER_MS });
  }

  /**
   * A new partition can be used only when it has a leader, which is soon. Whoever uses it copes with one that has none.
   */
  async #hasLeaders(topic: string, count: number): Promise<void> {
    for (const until = Date.now() + LEADERS_MS; Date.now() < until; await sleep(LOOK_MS)) {
      const partitions = (await this.#cluster.topic(topic))?.partitions ?? [];
      if (partitions.filter(({ leader }) => leader >= 0).length >= count) return;
    }
  }
}
