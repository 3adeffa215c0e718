import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { KafkaCluster } from './kafka-cluster.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { errorType, explain } from './kafka-error.ts';
import { type FetchedPartition, fetchRecords } from './kafka-fetch.ts';
import type { TopicMetadata } from './kafka-metadata.ts';
import type { SubscribedPartition } from './kafka-partition.ts';
import { OFFSET_OUT_OF_RANGE, protocolError } from './kafka-protocol.ts';
import { TopicSubscription } from './kafka-subscription.ts';
import type { Positions } from './positions.ts';

/** After this the metadata is asked for again, which tells of new partitions, new leaders and topics made anew. */
const METADATA_MAX_AGE_MS = 5_000;
/** The same while something is missing. */
const RETRY_BACKOFF_MS = 500;
/**
 * How long a broker holds back an empty answer: when it is asked for everything there is no hurry, and to ask costs
 * both sides.
 */
const MAX_WAIT_MS = { some: 500, everything: 2_000 };
/** The time without a byte, longer than that, after which a broker is given up. */
const FETCH_TIMEOUT_MS = 5_500;
const FETCH_MAX_BYTES = 2 * 1024 * 1024;
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
  /** In the order in which they are asked for: who had something goes to the end. */
  readonly #partitions = new Set<SubscribedPartition>();
  #changed = Promise.withResolvers<void>();
  #isRefreshing = false;
  #refreshedAt = 0;
  #nap = new AbortController();
  #closed = false;

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
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  close(): void {
    this.#closed = true;
    this.#nap.abort();
    this.wake();
  }

  #forgetPartitions(subscription: TopicSubscription): void {
    for (const partition of subscription.partitions.values()) this.#partitions.delete(partition);
  }

  /** Keeps the metadata of all topics, for as long as there is a reader. */
  async #keepRefreshing(): Promise<void> {
    this.#isRefreshing = true;
    while (!this.#closed && this.#subscriptions.size > 0) {
      this.#nap = new AbortController();
      if (!this.#complete || Date.now() >= this.#refreshedAt + METADATA_MAX_AGE_MS) await this.#refreshMetadata();
      await sleep(RETRY_BACKOFF_MS, undefined, { signal: this.#nap.signal }).catch(() => {});
    }
    this.#isRefreshing = false;
  }

  /** Whether everything is found that is wanted. */
  get #complete(): boolean {
    const known = [...this.#subscriptions].every(({ id }) => id !== undefined);
    return known && [...this.#partitions].every(({ leader }) => leader !== undefined);
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
      if (!this.#closed) for (const subscription of subscriptions) this.#complain(subscription, error);
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
      this.#partitions.add(partition);
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
    for (let lane = 0; lane < LANES; lane += 1) void this.#runLane(broker);
  }

  /** Fetches from a broker, one request after the other. */
  async #runLane(broker: number): Promise<void> {
    let connection: KafkaConnection | undefined;
    while (!this.#closed) {
      const claimed = this.#claim(broker);
      if (claimed.length === 0) {
        await this.#changed.promise;
        continue;
      }
      try {
        if (!connection?.usable) {
          connection?.destroy();
          connection = await this.#cluster.open(broker);
        }
        await this.#fetch(broker, connection, claimed);
      } catch (error) {
        connection?.destroy();
        for (const partition of claimed) this.#loseLeader(partition, error);
      }
      for (const partition of claimed) partition.isInFlight = false;
      this.wake();
    }
    connection?.destroy();
  }

  /**
   * What can be fetched at once: no fetch of it is on its way, and who reads it has not enough yet. A request has each
   * only once.
   */
  #claim(broker: number): SubscribedPartition[] {
    const claimed = new Map<string, SubscribedPartition>();
    for (const partition of this.#partitions) {
      const { subscription, leader, isInFlight, key } = partition;
      if (leader === broker && !isInFlight && subscription.bytes < this.#share && !claimed.has(key))
        claimed.set(key, partition);
    }
    for (const partition of claimed.values()) partition.isInFlight = true;
    return [...claimed.values()];
  }

  /** Bytes that may be fetched ahead for each reader. */
  get #share(): number {
    return Math.floor(Math.min(SUBSCRIPTION_BYTES, PREFETCH_BYTES / this.#subscriptions.size));
  }

  #hasEverything(broker: number, claimed: SubscribedPartition[]): boolean {
    let count = 0;
    for (const { leader } of this.#partitions) if (leader === broker) count += 1;
    return count === claimed.length;
  }

  async #fetch(broker: number, connection: KafkaConnection, claimed: SubscribedPartition[]): Promise<void> {
    const topics = Map.groupBy(claimed, ({ subscription }) => subscription.id!);
    const ask = fetchRecords({
      maxWaitMs: MAX_WAIT_MS[this.#hasEverything(broker, claimed) ? 'everything' : 'some'],
      maxBytes: FETCH_MAX_BYTES,
      topics: Array.from(topics, ([id, partitions]) => ({
        id,
        partitions: partitions.map(({ id: partition, position: offset }) => ({
          partition,
          offset,
          maxBytes: this.#share,
        })),
      })),
    });
    const byKey = new Map(claimed.map((partition) => [partition.key, partition]));
    const answer = await connection.send(ask, { timeoutMs: FETCH_TIMEOUT_MS, sliding: true });
    const outOfRange: SubscribedPartition[] = [];
    for (const fetched of answer) {
      const partition = byKey.get(`${fetched.id}/${fetched.partition}`);
      // It may have been given up, or started over, while it was on its way.
      if (!partition || !this.#partitions.has(partition)) continue;
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE || partition.isBeyond(fetched)) outOfRange.push(partition);
      else if (fetched.errorCode !== 0) this.#loseLeader(partition, protocolError(fetched.errorCode));
      else this.#deliver(partition, fetched);
    }
    for (const [subscription, partitions] of Map.groupBy(outOfRange, (partition) => partition.subscription)) {
      await this.#resetPositions(broker, subscription, partitions).catch((error: unknown) => {
        for (const partition of partitions) this.#loseLeader(partition, error);
      });
    }
  }

  #deliver(partition: SubscribedPartition, fetched: FetchedPartition): void {
    partition.subscription.recover(partition.id);
    if (!partition.deliver(fetched)) return;
    this.#partitions.delete(partition);
    this.#partitions.add(partition);
  }

  /** Retention may have been faster than the reader; or the log ends before where it was read, and is another one. */
  async #resetPositions(
    broker: number,
    subscription: TopicSubscription,
    partitions: SubscribedPartition[],
  ): Promise<void> {
    const ids = partitions.map(({ id }) => id);
    for (const listed of await this.#cluster.listOffsets(broker, subscription.topic, ids)) {
      const partition = subscription.partitions.get('offsets' in listed ? listed.offsets.partition : listed.partition);
      if (!partition || !partitions.includes(partition)) continue;
      if ('error' in listed) {
        this.#loseLeader(partition, listed.error);
        continue;
      }
      if (listed.offsets.high < partition.readTo) return this.restart(subscription);
      if (partition.position < listed.offsets.low) partition.resetTo(listed.offsets);
    }
  }

  /** Nobody knows where the partition is, until the metadata is refreshed. */
  #loseLeader(partition: SubscribedPartition, error: unknown): void {
    partition.leader = undefined;
    // It may have been given up, or started over, in the meantime.
    if (!this.#closed && this.#partitions.has(partition)) this.#complain(partition.subscription, error, partition.id);
  }
}
