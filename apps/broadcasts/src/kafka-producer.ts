import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import kafkajs from 'kafkajs';
import type { KafkaCluster } from './kafka-cluster.ts';
import { errorType } from './kafka-error.ts';
import { LEADER_NOT_AVAILABLE, protocolError, UNKNOWN_TOPIC_OR_PARTITION } from './kafka-protocol.ts';
import { initProducerId, produce } from './kafka-requests.ts';
import type { Appended, OutgoingRecord } from './topic-log.ts';

/** After one of these the broker refuses everything that a producer sends, so there must be a new one. */
const FATAL = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
]);
/** How long a broker waits for its replicas, and how long it is waited for. */
const REPLICAS_MS = 5_000;
const ANSWER_MS = 7_000;
/** After this the metadata is asked for again: somebody may have added partitions. */
const METADATA_MAX_AGE_MS = 300_000;
/** The pauses before a record is sent again that the broker did not take. */
const RETRY_BACKOFFS_MS = [100, 200, 400, 800];
const SEQUENCES = 2 ** 31;

/** Java's hash of a key, by which every client of Kafka finds its partition. */
const murmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (
  key: string,
) => number;

/** What tells the broker a record that is sent again from a new one. */
interface Sending extends OutgoingRecord {
  partition: number;
  sequence: number;
  sentAt: number;
}

/** Appends to one topic, one record after the other, each of them once, however often it is sent. */
export class KafkaProducer {
  readonly #cluster: KafkaCluster;
  readonly #topic: string;
  readonly #sequences = new Map<number, number>();
  /** Partition -> the id of the broker that leads it, or -1. */
  #leaders: Map<number, number> | undefined;
  #leadersUntil = 0;
  #producer: { producerId: string; producerEpoch: number } | undefined;
  /** Nobody knows whether the log has it. */
  #unsure: Sending | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ cluster, topic }: { cluster: KafkaCluster; topic: string }) {
    this.#cluster = cluster;
    this.#topic = topic;
  }

  append(record: OutgoingRecord): Promise<Appended> {
    const appended = this.#last.then(() => this.#append(record));
    this.#last = appended.catch(() => {});
    return appended;
  }

  async #append(record: OutgoingRecord): Promise<Appended> {
    for (const pause of RETRY_BACKOFFS_MS) {
      try {
        return await this.#send(record);
      } catch (error) {
        if (!isRetriable(error)) throw error;
      }
      await sleep(pause);
    }
    return this.#send(record);
  }

  async #send(record: OutgoingRecord): Promise<Appended> {
    try {
      if (Date.now() >= this.#leadersUntil) this.#leaders = undefined;
      const leaders = (this.#leaders ??= await this.#findLeaders());
      // Its sequence may be taken: the broker would take the new record for the old one, and drop it.
      if (this.#unsure && !isSame(this.#unsure, record)) this.#forgetProducer();
      this.#producer ??= await this.#cluster.askAny(initProducerId({ transactionTimeout: 0 }));
      const sending = this.#unsure ?? this.#next(record, leaders.size);
      const leader = leaders.get(sending.partition);
      if (leader === undefined || leader < 0) throw protocolError(LEADER_NOT_AVAILABLE);
      this.#unsure = sending;
      const appended = await this.#produce(leader, sending);
      this.#unsure = undefined;
      this.#sequences.set(sending.partition, (sending.sequence + 1) % SEQUENCES);
      return appended;
    } catch (error) {
      this.#leaders = undefined;
      if (FATAL.has(errorType(error) ?? '')) this.#forgetProducer();
      throw error;
    }
  }

  #next(record: OutgoingRecord, partitions: number): Sending {
    const partition = (murmur2(record.key) & 0x7fffffff) % partitions;
    return { ...record, partition, sequence: this.#sequences.get(partition) ?? 0, sentAt: Date.now() };
  }

  async #produce(
    leader: number,
    { key, value, headers = {}, partition, sequence, sentAt }: Sending,
  ): Promise<Appended> {
    const messages = [{ key, value: value && Buffer.from(value), headers, timestamp: String(sentAt) }];
    const partitions = [{ partition, firstSequence: sequence, messages }];
    const topicData = [{ topic: this.#topic, partitions }];
    const { topics } = await this.#cluster.ask(
      leader,
      produce({ acks: -1, timeout: REPLICAS_MS, ...this.#producer!, topicData }),
      { purpose: 'produce', timeoutMs: ANSWER_MS },
    );
    const { baseOffset, logAppendTime } = topics[0]!.partitions[0]!;
    const timestamp = Number(logAppendTime);
    return { partition, offset: Number(baseOffset), timestamp: timestamp >= 0 ? timestamp : sentAt };
  }

  async #findLeaders(): Promise<Map<number, number>> {
    const topic = await this.#cluster.topic(this.#topic);
    if (!topic) throw protocolError(UNKNOWN_TOPIC_OR_PARTITION);
    this.#leadersUntil = Date.now() + METADATA_MAX_AGE_MS;
    return new Map(topic.partitions.map(({ partition, leader }) => [partition, leader]));
  }

  #forgetProducer(): void {
    this.#producer = undefined;
    this.#unsure = undefined;
    this.#sequences.clear();
  }
}

/** Whether the broker says that it may take it soon. One that says nothing is not asked again here. */
const isRetriable = (error: unknown): boolean => error instanceof kafkajs.KafkaJSProtocolError && error.retriable;

const isSame = (a: OutgoingRecord, b: OutgoingRecord): boolean =>
  a.key === b.key &&
  isDeepStrictEqual(a.headers, b.headers) &&
  (a.value && b.value ? Buffer.compare(a.value, b.value) === 0 : a.value === b.value);
