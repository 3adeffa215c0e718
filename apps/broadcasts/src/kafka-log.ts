import './kafka-idle.ts';
import kafkajs, { type Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { type KafkaConfig, toKafkaJs } from './kafka-config.ts';
import { KafkaTopicLog } from './kafka-topic-log.ts';
import type { Log } from './topic-log.ts';

/** Kafka as a log. Nothing is connected before it is used; whoever uses it copes with a broker that is away. */
export class KafkaLog implements Log {
  readonly #kafka: Kafka;
  readonly #logger: Logger;
  readonly #topics: KafkaTopicLog[] = [];

  /** @param clientId the name that this client has in the broker's log and metrics. */
  constructor({ config, clientId, logger }: { config: KafkaConfig; clientId: string; logger: Logger }) {
    this.#logger = logger;
    this.#kafka = new kafkajs.Kafka({
      clientId,
      ...toKafkaJs(config),
      // The default of 1 s is too short for a broker that has just started.
      connectionTimeout: 5_000,
      requestTimeout: 15_000,
      // Short, because the outbox and the reader try again themselves, for ever, and say so.
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 },
      logLevel: kafkajs.logLevel.WARN,
      // kafkajs says each failed attempt as an error; what matters is said by whoever tries again.
      logCreator:
        () =>
        ({ namespace, log: { message, error } }) =>
          logger.debug({ kafkajs: namespace, error }, message),
    });
  }

  topic(name: string): KafkaTopicLog {
    const topic = new KafkaTopicLog({ topic: name, kafka: this.#kafka, logger: this.#logger });
    this.#topics.push(topic);
    return topic;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#topics.map((topic) => topic.close()));
  }
}
