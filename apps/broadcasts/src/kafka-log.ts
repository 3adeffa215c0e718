import type { Logger } from 'pino';
import { KafkaCluster } from './kafka-cluster.ts';
import { type KafkaConfig, toKafkaJs } from './kafka-config.ts';
import { KafkaFetcher } from './kafka-fetcher.ts';
import { KafkaTopicLog } from './kafka-topic-log.ts';
import type { Log } from './topic-log.ts';

/** Kafka as a log. Nothing is connected before it is used; whoever uses it copes with a broker that is away. */
export class KafkaLog implements Log {
  readonly #cluster: KafkaCluster;
  readonly #fetcher: KafkaFetcher;
  readonly #logger: Logger;

  /** @param clientId the name that this client has in the broker's log and metrics. */
  constructor({ config, clientId, logger }: { config: KafkaConfig; clientId: string; logger: Logger }) {
    this.#logger = logger;
    this.#cluster = new KafkaCluster({ clientId, logger, ...toKafkaJs(config) });
    this.#fetcher = new KafkaFetcher({ cluster: this.#cluster, logger });
  }

  topic(name: string): KafkaTopicLog {
    return new KafkaTopicLog({
      topic: name,
      cluster: this.#cluster,
      fetcher: this.#fetcher,
      logger: this.#logger,
    });
  }

  /** Ends all connections at once. What is on its way must have been awaited: it is rejected. */
  async close(): Promise<void> {
    this.#fetcher.close();
    this.#cluster.close();
  }
}
