import kafkajs, { type KafkaConfig as KafkaJsConfig } from 'kafkajs';
import type { Logger } from 'pino';
import { firstOf } from './first-of.ts';
import { KafkaConnection, type SendOptions } from './kafka-connection.ts';
import { errorType } from './kafka-error.ts';
import { metadata, type TopicMetadata } from './kafka-metadata.ts';
import {
  type Address,
  type Ask,
  LEADER_NOT_AVAILABLE,
  protocolError,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './kafka-protocol.ts';
import { EARLIEST, LATEST, listOffsets } from './kafka-requests.ts';
import type { PartitionOffsets } from './topic-log.ts';

/** A broker that has not answered by then may hang, so another one is asked as well. */
const NEXT_MS = 1_000;

/** What a connection is for. A broker answers one request of it after the other, so what can take long has its own. */
type Purpose = 'ask' | 'produce';

interface ClusterOptions extends Pick<KafkaJsConfig, 'ssl' | 'sasl'> {
  /** The bootstrap addresses: `host:port` of some brokers, by which the others are found. */
  brokers: string[];
  clientId: string;
  logger: Logger;
}

/** The offsets of a partition, or what went wrong with it. */
export type ListedOffsets = { offsets: PartitionOffsets } | { partition: number; error: Error };

/**
 * The brokers of a Kafka, and one connection to each for a purpose, made when it is needed and kept. A broker that
 * hangs keeps nobody from the others.
 */
export class KafkaCluster {
  readonly #options: Omit<ClusterOptions, 'brokers'>;
  readonly #bootstrap: Address[];
  readonly #brokers = new Map<number, Address>();
  readonly #opening = new Map<string, Promise<KafkaConnection>>();
  readonly #usable = new Map<string, KafkaConnection>();
  /** All that are not closed. */
  readonly #open = new Set<KafkaConnection>();
  #closed = false;

  constructor({ brokers, ...options }: ClusterOptions) {
    this.#options = options;
    this.#bootstrap = brokers.map(toAddress);
  }

  /**
   * Asks any of the brokers: the next one, too, where one takes long. The same may so be done twice. Rejects with what
   * the broker says is wrong, or with why none answers.
   */
  askAny<T>(ask: Ask<T>, options?: SendOptions): Promise<T> {
    const attempts = this.#candidates().map((address) => async () => {
      const connection = await this.#connect(address, 'ask');
      return connection.send(ask, options);
    });
    return firstOf(attempts, { nextMs: NEXT_MS, isFinal: isAnswer });
  }

  /** Asks one broker, by its id. */
  async ask<T>(
    broker: number,
    ask: Ask<T>,
    { purpose = 'ask', ...options }: SendOptions & { purpose?: Purpose } = {},
  ): Promise<T> {
    const connection = await this.#connect(this.#addressOf(broker), purpose);
    return connection.send(ask, options);
  }

  /** A new connection to a broker, which the caller ends. It ends with the cluster at the latest. */
  open(broker: number): Promise<KafkaConnection> {
    return this.#openTo(this.#addressOf(broker));
  }

  /** The metadata of topics, whose `errorCode` is to be looked at. */
  async topics(names: string[]): Promise<TopicMetadata[]> {
    const { brokers, topics } = await this.askAny(metadata(names));
    this.#brokers.clear();
    for (const { id, host, port } of brokers) this.#brokers.set(id, { host, port });
    this.#leaveBootstrap();
    return topics;
  }

  /** The metadata of a topic, nothing when it does not exist. */
  async topic(name: string): Promise<TopicMetadata | undefined> {
    const [topic] = await this.topics([name]);
    const { errorCode } = topic!;
    if (errorCode === 0) return topic;
    if (errorCode === UNKNOWN_TOPIC_OR_PARTITION) return undefined;
    throw protocolError(errorCode);
  }

  /** The offsets of partitions of a topic, which the broker leads. */
  async listOffsets(broker: number, topic: string, partitions: number[]): Promise<ListedOffsets[]> {
    const [lows, highs] = await Promise.all(
      ([EARLIEST, LATEST] as const).map(async (which) => {
        const { responses } = await this.ask(broker, listOffsets([{ topic, partitions }], which));
        return new Map(responses[0]!.partitions.map((each) => [each.partition, each]));
      }),
    );
    return partitions.map((partition) => {
      const low = lows!.get(partition)!;
      const high = highs!.get(partition)!;
      const errorCode = low.errorCode || high.errorCode;
      if (errorCode !== 0) return { partition, error: protocolError(errorCode) };
      return { offsets: { partition, low: Number(low.offset), high: Number(high.offset) } };
    });
  }

  /** Ends every connection at once, whatever is on its way. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#open) connection.destroy();
  }

  /** Those first that answered before. */
  #candidates(): Address[] {
    const all = new Map(
      [...this.#brokers.values(), ...this.#bootstrap].map((address) => [keyOf(address, 'ask'), address]),
    );
    const isUsable = (address: Address): number => Number(this.#usable.get(keyOf(address, 'ask'))?.usable ?? false);
    return [...all.values()].toSorted((a, b) => isUsable(b) - isUsable(a));
  }

  #addressOf(broker: number): Address {
    const address = this.#brokers.get(broker);
    if (!address) throw protocolError(LEADER_NOT_AVAILABLE);
    return address;
  }

  #connect(address: Address, purpose: Purpose): Promise<KafkaConnection> {
    const key = keyOf(address, purpose);
    const usable = this.#usable.get(key);
    if (usable?.usable) return Promise.resolve(usable);
    let opening = this.#opening.get(key);
    if (!opening) {
      opening = this.#openTo(address)
        .then((connection) => {
          // The broker ends one whose session is over only when it is used again.
          this.#usable.get(key)?.retire();
          this.#usable.set(key, connection);
          return connection;
        })
        .finally(() => this.#opening.delete(key));
      this.#opening.set(key, opening);
    }
    return opening;
  }

  #openTo(address: Address): Promise<KafkaConnection> {
    if (this.#closed) return Promise.reject(new Error('the log is closed'));
    const { logger, ...options } = this.#options;
    const connection = new KafkaConnection({ ...address, ...options });
    const broker = `${address.host}:${address.port}`;
    logger.debug({ broker }, 'connecting to a broker');
    this.#open.add(connection);
    connection.onClosed(({ message: reason }) => {
      logger.debug({ broker, reason }, 'a connection to a broker was closed');
      this.#open.delete(connection);
    });
    return connection.opened();
  }

  /** A bootstrap address may be another name of a broker, or of all. Once the brokers are known it is not needed. */
  #leaveBootstrap(): void {
    const kept = new Set([...this.#brokers.values()].map((address) => keyOf(address, 'ask')));
    for (const address of this.#bootstrap) {
      const key = keyOf(address, 'ask');
      const connection = this.#usable.get(key);
      if (kept.has(key) || !connection?.idle) continue;
      connection.destroy();
      this.#usable.delete(key);
    }
  }
}

/** Whether a broker said what is wrong, and another one would say the same. */
const isAnswer = (error: unknown): boolean =>
  errorType(error) !== 'NOT_CONTROLLER' &&
  (error instanceof kafkajs.KafkaJSProtocolError ||
    error instanceof kafkajs.KafkaJSAggregateError ||
    error instanceof kafkajs.KafkaJSSASLAuthenticationError);

const keyOf = ({ host, port }: Address, purpose: Purpose): string => `${purpose} ${host}:${port}`;

function toAddress(broker: string): Address {
  const [host, port] = broker.split(':');
  return { host: host!, port: Number(port) };
}
