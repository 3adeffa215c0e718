import type { Logger } from 'pino';
import { KafkaAdmin } from './kafka-admin.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { explain } from './kafka-error.ts';
import type { KafkaFetcher } from './kafka-fetcher.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { readKafkaTopic } from './kafka-reader.ts';
import { ensureKafkaTopic } from './kafka-topic.ts';
import type { Positions } from './positions.ts';
import type { Appended, LogBatch, OutgoingRecord, PartitionOffsets, TopicLog, TopicSettings } from './topic-log.ts';

interface KafkaTopicLogOptions {
  topic: string;
  cluster: KafkaCluster;
  fetcher: KafkaFetcher;
  logger: Logger;
}

/** One topic of Kafka. */
export class KafkaTopicLog implements TopicLog {
  readonly topic: string;
  readonly system = 'kafka';
  readonly #cluster: KafkaCluster;
  readonly #admin: KafkaAdmin;
  readonly #fetcher: KafkaFetcher;
  readonly #logger: Logger;
  readonly #producer: KafkaProducer;

  constructor({ topic, cluster, fetcher, logger }: KafkaTopicLogOptions) {
    this.topic = topic;
    this.#cluster = cluster;
    this.#admin = new KafkaAdmin(cluster);
    this.#fetcher = fetcher;
    this.#logger = logger;
    this.#producer = new KafkaProducer({ cluster, topic });
  }

  ensure(settings: TopicSettings): Promise<string[]> {
    const { topic } = this;
    return explained(`create ${topic}`, () => ensureKafkaTopic({ admin: this.#admin, topic, settings }));
  }

  append(record: OutgoingRecord): Promise<Appended> {
    return explained(`append to ${this.topic}`, () => this.#producer.append(record));
  }

  listOffsets(): Promise<PartitionOffsets[]> {
    // As Kafka calls the right that it takes.
    return explained(`describe ${this.topic}`, () => this.#listOffsets());
  }

  read({ from, signal }: { from: Positions; signal: AbortSignal }): AsyncIterable<LogBatch> {
    return readKafkaTopic({ fetcher: this.#fetcher, topic: this.topic, from, signal, logger: this.#logger });
  }

  async #listOffsets(): Promise<PartitionOffsets[]> {
    const partitions = (await this.#cluster.topic(this.topic))?.partitions ?? [];
    const byLeader = Map.groupBy(partitions, ({ leader }) => leader);
    const listed = await Promise.all(
      Array.from(byLeader, ([leader, led]) => {
        const ids = led.map(({ partition }) => partition);
        return this.#cluster.listOffsets(leader, this.topic, ids);
      }),
    );
    return listed
      .flat()
      .map((each) => {
        if ('error' in each) throw each.error;
        return each.offsets;
      })
      .toSorted((a, b) => a.partition - b.partition);
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
