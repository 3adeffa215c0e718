import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { KafkaCluster } from './kafka-cluster.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { errorType, explain } from './kafka-error.ts';
import { type FetchedPartition, fetchRecords } from './kafka-fetch.ts';
import type { TopicMetadata } from './kafka-metadata.ts';
import { OFFSET_OUT_OF_RANGE, protocolError } from './kafka-protocol.ts';
import { TopicWatch, type WatchedPartition } from './kafka-subscription.ts';
import type { Positions } from './positions.ts';
import { endOfBatches } from './record-batch.ts';

/** How often the brokers are asked for new partitions, new leaders and topics made anew. */
const LOOK_MS = 5_000;
/** The same while something is missing. */
const RETRY_MS = 500;
/**
 * How long a broker holds back an empty answer: when it is asked for everything there is no hurry, and to ask costs
 * both sides.
 */
const MAX_WAIT_MS = { some: 500, everything: 2_000 };
/** The time without a byte, longer than that, after which a broker is given up. */
const FETCH_MS = 5_500;
const FETCH_BYTES = 2 * 1024 * 1024;
/** What is fetched ahead of those who read: of a topic, and of all that are read at the same time. */
const TOPIC_BYTES = 1024 * 1024;
const AHEAD_BYTES = 16 * 1024 * 1024;
/** While one waits for news, the other fetches for those who have much to catch up with. */
const LANES = 2;

/** A partition has moved, or its broker starts: it is found again soon. */
const PASSING = new Set([
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
 * without a group, since every reader reads everything. A reader that is slow is left out until it goes on.
 */
export class KafkaFetcher {
  readonly #cluster: KafkaCluster;
  readonly #logger: Logger;
  readonly #watches = new Set<TopicWatch>();
  readonly #lanes = new Set<number>();
  /** In the order in which they are asked for: who had something goes to the end. */
  readonly #partitions = new Set<WatchedPartition>();
  #changed = Promise.withResolvers<void>();
  #isLooking = false;
  #lookedAt = 0;
  #nap = new AbortController();
  #closed = false;

  constructor({ cluster, logger }: FetcherOptions) {
    this.#cluster = cluster;
    this.#logger = logger;
  }

  /** Begins to fetch a topic from the given positions on, until `unwatch`. The positions are its own from here on. */
  watch(topic: string, positions: Positions): TopicWatch {
    const watch = new TopicWatch(topic, positions);
    this.#watches.add(watch);
    if (this.#isLooking) this.#nap.abort();
    else void this.#keepLooking();
    return watch;
  }

  unwatch(watch: TopicWatch): void {
    this.#watches.delete(watch);
    this.#forgetPartitions(watch);
  }

  /** Starts a topic over that turned out not to be the one that it was. */
  restart(watch: TopicWatch): void {
    this.#forgetPartitions(watch);
    watch.restart();
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

  #forgetPartitions(watch: TopicWatch): void {
    for (const partition of watch.partitions.values()) this.#partitions.delete(partition);
  }

  /** Looks where everything is, for as long as there is a reader. */
  async #keepLooking(): Promise<void> {
    this.#isLooking = true;
    while (!this.#closed && this.#watches.size > 0) {
      this.#nap = new AbortController();
      if (!this.#complete || Date.now() >= this.#lookedAt + LOOK_MS) await this.#look();
      await sleep(RETRY_MS, undefined, { signal: this.#nap.signal }).catch(() => {});
    }
    this.#isLooking = false;
  }

  /** Whether everything is found that is wanted. */
  get #complete(): boolean {
    const known = [...this.#watches].every(({ id }) => id !== undefined);
    return known && [...this.#partitions].every(({ leader }) => leader !== undefined);
  }

  async #look(): Promise<void> {
    const watches = [...this.#watches];
    this.#lookedAt = Date.now();
    try {
      const topics = await this.#cluster.topics([...new Set(watches.map(({ topic }) => topic))]);
      const byName = new Map(topics.map((topic) => [topic.topic, topic]));
      for (const watch of watches) if (this.#watches.has(watch)) this.#update(watch, byName.get(watch.topic)!);
      this.wake();
    } catch (error) {
      if (!this.#closed) for (const watch of watches) this.#complain(watch, error);
    }
  }

  #update(watch: TopicWatch, { errorCode, id, partitions }: TopicMetadata): void {
    if (errorCode !== 0) return this.#complain(watch, protocolError(errorCode));
    const isAnother = watch.id === undefined ? watch.isOfMore(partitions.length) : watch.id !== id;
    if (isAnother) this.restart(watch);
    watch.id = id;
    watch.recover('topic');
    for (const { partition: number, leader } of partitions) {
      const partition = watch.partitions.get(number) ?? watch.add(number);
      this.#partitions.add(partition);
      partition.leader = leader < 0 ? undefined : leader;
      if (leader >= 0) this.#startLanes(leader);
    }
  }

  /** Says what is wrong, once until all is well again. */
  #complain(watch: TopicWatch, error: unknown, what: number | 'topic' = 'topic'): void {
    const { topic } = watch;
    const { message: reason } = explain(error, `read ${topic}`);
    const isNew = watch.complain(reason, what);
    const level = isNew && !PASSING.has(errorType(error) ?? '') ? 'warn' : 'debug';
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
      const wanted = this.#take(broker);
      if (wanted.length === 0) {
        await this.#changed.promise;
        continue;
      }
      try {
        if (!connection?.usable) {
          connection?.destroy();
          connection = await this.#cluster.open(broker);
        }
        await this.#fetch(broker, connection, wanted);
      } catch (error) {
        connection?.destroy();
        for (const partition of wanted) this.#lose(partition, error);
      }
      for (const partition of wanted) partition.busy = false;
      this.wake();
    }
    connection?.destroy();
  }

  /**
   * What can be asked for at once: nobody asks for it, and who reads it has not enough yet. A request has each only
   * once.
   */
  #take(broker: number): WatchedPartition[] {
    const taken = new Map<string, WatchedPartition>();
    for (const partition of this.#partitions) {
      const { watch, leader, busy } = partition;
      if (leader === broker && !busy && watch.bytes < this.#share && !taken.has(keyOf(partition)))
        taken.set(keyOf(partition), partition);
    }
    for (const partition of taken.values()) partition.busy = true;
    return [...taken.values()];
  }

  /** Bytes that may be fetched ahead for each reader. */
  get #share(): number {
    return Math.floor(Math.min(TOPIC_BYTES, AHEAD_BYTES / this.#watches.size));
  }

  #hasEverything(broker: number, wanted: WatchedPartition[]): boolean {
    let count = 0;
    for (const { leader } of this.#partitions) if (leader === broker) count += 1;
    return count === wanted.length;
  }

  async #fetch(broker: number, connection: KafkaConnection, wanted: WatchedPartition[]): Promise<void> {
    const topics = Map.groupBy(wanted, ({ watch }) => watch.id!);
    const ask = fetchRecords({
      maxWaitMs: MAX_WAIT_MS[this.#hasEverything(broker, wanted) ? 'everything' : 'some'],
      maxBytes: FETCH_BYTES,
      topics: Array.from(topics, ([id, partitions]) => ({
        id,
        partitions: partitions.map(({ id: partition, next: offset }) => ({ partition, offset, maxBytes: this.#share })),
      })),
    });
    const byKey = new Map(wanted.map((partition) => [keyOf(partition), partition]));
    const answer = await connection.send(ask, { timeoutMs: FETCH_MS, sliding: true });
    const strays: WatchedPartition[] = [];
    for (const fetched of answer) {
      const partition = byKey.get(`${fetched.id}/${fetched.partition}`);
      // It may have been given up, or started over, while it was on its way.
      if (!partition || !this.#partitions.has(partition)) continue;
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE || isShorter(partition, fetched)) strays.push(partition);
      else if (fetched.errorCode !== 0) this.#lose(partition, protocolError(fetched.errorCode));
      else this.#deliver(partition, fetched);
    }
    for (const [watch, partitions] of Map.groupBy(strays, (stray) => stray.watch)) {
      await this.#bringBack(broker, watch, partitions).catch((error: unknown) => {
        for (const partition of partitions) this.#lose(partition, error);
      });
    }
  }

  #deliver(partition: WatchedPartition, { low, high, aborted, bytes }: FetchedPartition): void {
    const { watch, id, next: from, anchor } = partition;
    watch.recover(id);
    if (bytes.length === 0) return this.#tell(partition, { low, high });
    const next = endOfBatches(bytes, { from, high });
    // A copy of its own: the answer has the bytes of many, and one of them may be slow.
    const batches = { topic: watch.topic, partition: id, bytes: Buffer.from(bytes), from, high, next, aborted };
    partition.next = next;
    partition.anchor = undefined;
    // What came while the broker answered is there, too.
    const offsets = { partition: id, low, high: Math.max(high, next) };
    partition.told = JSON.stringify({ low, high: offsets.high, next });
    watch.put({ offsets, next, anchor, batches });
    this.#partitions.delete(partition);
    this.#partitions.add(partition);
  }

  /** Tells how far a partition is read where nothing came, when that is news. */
  #tell(partition: WatchedPartition, { low, high }: { low: number; high: number }): void {
    const { watch, id, next, anchor } = partition;
    const told = JSON.stringify({ low, high, next });
    // Until the anchor is found again it is not sure how far the topic is read.
    if (anchor || told === partition.told) return;
    partition.told = told;
    watch.put({ offsets: { partition: id, low, high }, next, anchor: undefined, batches: undefined });
  }

  /** Retention may have been faster than the reader; or the log ends before where it was read, and is another one. */
  async #bringBack(broker: number, watch: TopicWatch, partitions: WatchedPartition[]): Promise<void> {
    const ids = partitions.map(({ id }) => id);
    for (const found of await this.#cluster.listOffsets(broker, watch.topic, ids)) {
      const partition = watch.partitions.get('offsets' in found ? found.offsets.partition : found.partition);
      if (!partition || !partitions.includes(partition)) continue;
      if ('error' in found) {
        this.#lose(partition, found.error);
        continue;
      }
      const { low, high } = found.offsets;
      if (high < (partition.anchor?.next ?? partition.next)) return this.restart(watch);
      if (partition.next >= low) continue;
      partition.next = low;
      partition.anchor = undefined;
      this.#tell(partition, found.offsets);
    }
  }

  /** Nobody knows where the partition is, until it was looked for. */
  #lose(partition: WatchedPartition, error: unknown): void {
    partition.leader = undefined;
    // It may have been given up, or started over, in the meantime.
    if (!this.#closed && this.#partitions.has(partition)) this.#complain(partition.watch, error, partition.id);
  }
}

/** Whether the log ends before the record that was read last. */
const isShorter = ({ anchor }: WatchedPartition, { errorCode, high }: FetchedPartition): boolean =>
  errorCode === 0 && anchor !== undefined && high < anchor.next;

const keyOf = ({ watch, id }: WatchedPartition): string => `${watch.id}/${id}`;
