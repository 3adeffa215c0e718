import type { KafkaCluster } from './kafka-cluster.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { fetchRecords } from './kafka-fetch.ts';
import type { FetchQueue } from './kafka-fetch-queue.ts';
import type { SubscribedPartition } from './kafka-partition.ts';
import { OFFSET_OUT_OF_RANGE, protocolError } from './kafka-protocol.ts';
import type { TopicSubscription } from './kafka-subscription.ts';

/**
 * How long a broker holds back an empty answer: when it is asked for everything there is no hurry, and to ask costs
 * both sides.
 */
const MAX_WAIT_MS = { some: 500, everything: 2_000 };
/** The time without a byte, longer than that, after which a broker is given up. */
const FETCH_TIMEOUT_MS = 5_500;
const FETCH_MAX_BYTES = 2 * 1024 * 1024;

interface FetchLaneOptions {
  /** The id of the broker. */
  broker: number;
  cluster: KafkaCluster;
  queue: FetchQueue;
  /** Bytes that may be fetched ahead for each reader now. */
  share: () => number;
  /** Told when a partition could not be fetched, and why. */
  onLost: (partition: SubscribedPartition, error: unknown) => void;
  /** Told when the topic is not the one that was subscribed to. */
  onAnother: (subscription: TopicSubscription) => void;
}

/** Fetches from a broker, one request after the other, over a connection of its own. */
export class FetchLane {
  readonly #options: FetchLaneOptions;

  constructor(options: FetchLaneOptions) {
    this.#options = options;
  }

  /** Fetches until the queue is closed. */
  async run(): Promise<void> {
    const { broker, cluster, queue, share, onLost } = this.#options;
    let connection: KafkaConnection | undefined;
    while (!queue.isClosed) {
      const claimed = queue.claim(broker, share());
      if (claimed.length === 0) {
        await queue.changed();
        continue;
      }
      try {
        if (!connection?.usable) {
          connection?.destroy();
          connection = await cluster.open(broker);
        }
        await this.#fetch(connection, claimed);
      } catch (error) {
        connection?.destroy();
        for (const partition of claimed) onLost(partition, error);
      }
      queue.release(claimed);
    }
    connection?.destroy();
  }

  async #fetch(connection: KafkaConnection, claimed: SubscribedPartition[]): Promise<void> {
    const { broker, queue, share, onLost } = this.#options;
    const topics = Map.groupBy(claimed, ({ subscription }) => subscription.id!);
    const ask = fetchRecords({
      maxWaitMs: MAX_WAIT_MS[queue.count(broker) === claimed.length ? 'everything' : 'some'],
      maxBytes: FETCH_MAX_BYTES,
      topics: Array.from(topics, ([id, partitions]) => ({
        id,
        partitions: partitions.map(({ id: partition, position: offset }) => ({ partition, offset, maxBytes: share() })),
      })),
    });
    const byKey = new Map(claimed.map((partition) => [partition.key, partition]));
    const answer = await connection.send(ask, { timeoutMs: FETCH_TIMEOUT_MS, sliding: true });
    const outOfRange: SubscribedPartition[] = [];
    for (const fetched of answer) {
      const partition = byKey.get(`${fetched.id}/${fetched.partition}`);
      // It may have been given up, or started over, while it was on its way.
      if (!partition || !queue.has(partition)) continue;
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE || partition.isBeyond(fetched)) outOfRange.push(partition);
      else if (fetched.errorCode !== 0) onLost(partition, protocolError(fetched.errorCode));
      else if (partition.deliver(fetched)) queue.moveToEnd(partition);
    }
    for (const [subscription, partitions] of Map.groupBy(outOfRange, (partition) => partition.subscription)) {
      await this.#resetPositions(subscription, partitions).catch((error: unknown) => {
        for (const partition of partitions) onLost(partition, error);
      });
    }
  }

  /** Retention may have been faster than the reader; or the log ends before where it was read, and is another one. */
  async #resetPositions(subscription: TopicSubscription, partitions: SubscribedPartition[]): Promise<void> {
    const { broker, cluster, onLost, onAnother } = this.#options;
    const ids = partitions.map(({ id }) => id);
    for (const listed of await cluster.listOffsets(broker, subscription.topic, ids)) {
      const partition = subscription.partitions.get('offsets' in listed ? listed.offsets.partition : listed.partition);
      if (!partition || !partitions.includes(partition)) continue;
      if ('error' in listed) {
        onLost(partition, listed.error);
        continue;
      }
      if (listed.offsets.high < partition.readTo) return onAnother(subscription);
      if (partition.position < listed.offsets.low) partition.resetTo(listed.offsets);
    }
  }
}
