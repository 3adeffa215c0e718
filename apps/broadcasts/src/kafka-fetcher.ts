import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { KafkaCluster } from './kafka-cluster.ts';
import { errorType, explain } from './kafka-error.ts';
import { FetchLane } from './kafka-fetch-lane.ts';
import { FetchQueue } from './kafka-fetch-queue.ts';
import type { TopicMetadata } from './kafka-metadata.ts';
import type { SubscribedPartition } from './kafka-partition.ts';
import { protocolError } from './kafka-protocol.ts';
import { TopicSubscription } from './kafka-subscription.ts';
import type { Positions } from './positions.ts';

/** After this the metadata is asked for again, which tells of new partitions, new leaders and topics made anew. */
const METADATA_MAX_AGE_MS = 5_000;
/** The same while something is missing. */
const RETRY_BACKOFF_MS = 500;
/** What is fetched ahead of those who read: for a subscription, and for all of them. */
const SUBSCRIPTION_BYTES = 1024 * 1024;
const PREFETCH_BYTES = 16 * 1024 * 1024;
/** Fetches of a broker at a time: while one waits for news, the other fetches for those whose lag is large. */
const LANES = 2;

/** A partition has moved, or its broker starts: newer metadata will tell where it is. */
const STALE_METADATA = new Set([
  'FENCED_LEADER_EPOCH',
  'INCONSISTENT_TOPIC_ID',
  'KAFKA_STORAGE_ERROR',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);

interface FetcherOptions {
  cluster: KafkaCluster;
  logger: Logger;
}

/**
 * Fetches what all readers want, broker by broker: as many topics as there are, over as few connections. It reads
 * without a consumer group, since every reader reads everything. A reader that is slow is left out until it goes on.
 */
export class KafkaFetcher {
  readonly #cluster: KafkaCluster;
  readonly #logger: Logger;
  readonly #subscriptions = new Set<TopicSubscription>();
  readonly #lanes = new Set<number>();
  readonly #queue = new FetchQueue();
  #isRefreshing = false;
  #refreshedAt = 0;
  #nap = new AbortController();

  constructor({ cluster, logger }: FetcherOptions) {
    this.#cluster = cluster;
    this.#logger = logger;
  }

  /** Begins to fetch a topic from the given positions on, until `unsubscribe`. The positions are its own from then. */
  subscribe(topic: string, positions: Positions): TopicSubscription {
    const subscription = new TopicSubscription(topic, positions);
    this.#subscriptions.add(subscription);
    if (this.#isRefreshing) this.#nap.abort();
    else void this.#keepRefreshing();
    return subscription;
  }

  unsubscribe(subscription: TopicSubscription): void {
    this.#subscriptions.delete(subscription);
    this.#forgetPartitions(subscription);
  }

  /** Starts a topic over that turned out not to be the one that it was. */
  restart(subscription: TopicSubscription): void {
    this.#forgetPartitions(subscription);
    subscription.restart();
    this.#nap.abort();
  }

  /** Goes on fetching for who has taken what there was. */
  wake(): void {
    this.#queue.wake();
  }

  close(): void {
    this.#queue.close();
    this.#nap.abort();
  }

  #forgetPartitions(subscription: TopicSubscription): void {
    for (const partition of subscription.partitions.values()) this.#queue.delete(partition);
  }

  /** Keeps the metadata of all topics, for as long as there is a reader. */
  async #keepRefreshing(): Promise<void> {
    this.#isRefreshing = true;
    while (!this.#queue.isClosed && this.#subscriptions.size > 0) {
      this.#nap = new AbortController();
      if (!this.#complete || Date.now() >= this.#refreshedAt + METADATA_MAX_AGE_MS) await this.#refreshMetadata();
      await sleep(RETRY_BACKOFF_MS, undefined, { signal: this.#nap.signal }).catch(() => {});
    }
    this.#isRefreshing = false;
  }

  /** Whether everything is found that is wanted. */
  get #complete(): boolean {
    const known = [...this.#subscriptions].every(({ id }) => id !== undefined);
    return known && this.#queue.hasLeaders;
  }

  async #refreshMetadata(): Promise<void> {
    const subscriptions = [...this.#subscriptions];
    this.#refreshedAt = Date.now();
    try {
      const topics = await this.#cluster.topics([...new Set(subscriptions.map(({ topic }) => topic))]);
      const byName = new Map(topics.map((topic) => [topic.topic, topic]));
      for (const subscription of subscriptions)
        if (this.#subscriptions.has(subscription)) this.#update(subscription, byName.get(subscription.topic)!);
      this.wake();
    } catch (error) {
      if (!this.#queue.isClosed) for (const subscription of subscriptions) this.#complain(subscription, error);
    }
  }

  #update(subscription: TopicSubscription, { errorCode, id, partitions }: TopicMetadata): void {
    if (errorCode !== 0) return this.#complain(subscription, protocolError(errorCode));
    const isAnother = subscription.id === undefined ? subscription.isOfMore(partitions.length) : subscription.id !== id;
    if (isAnother) this.restart(subscription);
    subscription.id = id;
    subscription.recover('topic');
    for (const { partition: number, leader } of partitions) {
      const partition = subscription.partitions.get(number) ?? subscription.add(number);
      this.#queue.add(partition);
      partition.leader = leader < 0 ? undefined : leader;
      if (leader >= 0) this.#startLanes(leader);
    }
  }

  /** Says what is wrong, once until all is well again. */
  #complain(subscription: TopicSubscription, error: unknown, what: number | 'topic' = 'topic'): void {
    const { topic } = subscription;
    const { message: reason } = explain(error, `read ${topic}`);
    const isNew = subscription.complain(reason, what);
    const level = isNew && !STALE_METADATA.has(errorType(error) ?? '') ? 'warn' : 'debug';
    this.#logger[level]({ topic, reason }, 'reading was interrupted, trying again');
  }

  #startLanes(broker: number): void {
    if (this.#lanes.has(broker)) return;
    this.#lanes.add(broker);
    const options = {
      broker,
      cluster: this.#cluster,
      queue: this.#queue,
      share: () => this.#share,
      onLost: (partition: SubscribedPartition, error: unknown) => this.#loseLeader(partition, error),
      onAnother: (subscription: TopicSubscription) => this.restart(subscription),
    };
    for (let lane = 0; lane < LANES; lane += 1) void new FetchLane(options).run();
  }

  /** Bytes that may be fetched ahead for each reader. */
  get #share(): number {
    return Math.floor(Math.min(SUBSCRIPTION_BYTES, PREFETCH_BYTES / this.#subscriptions.size));
  }

  /** Nobody knows where the partition is, until the metadata is refreshed. */
  #loseLeader(partition: SubscribedPartition, error: unknown): void {
    partition.leader = undefined;
    // It may have been given up, or started over, in the meantime.
    if (!this.#queue.isClosed && this.#queue.has(partition))
      this.#complain(partition.subscription, error, partition.id);
  }
}
