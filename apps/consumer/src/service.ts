import { checkKafkaConfig, KafkaLog, kafkaSettings } from '@hello/broadcasts';
import { type Service, serviceSettings, startService } from '@hello/service';
import { checkConsumerSettings, consumerSettings } from './config.ts';
import { createConsumer } from './consumer.ts';
import { serveConsumer } from './serve.ts';

/** Every variable that `npm run consumer` knows. */
export const settings = {
  ...serviceSettings(8001),
  ...kafkaSettings,
  ...consumerSettings,
};

/** Starts the consumer on Kafka, as the environment variables say. */
export function startConsumer(env: NodeJS.ProcessEnv): Promise<Service> {
  return startService({
    name: 'consumer',
    settings,
    env,
    check: (values) => [...checkKafkaConfig(values), ...checkConsumerSettings(values)],
    async start(config, context, onClose) {
      const { logger } = context;
      const log = new KafkaLog({ config, clientId: 'consumer', logger });
      onClose('Kafka', () => log.close());
      const consumer = await createConsumer({ log, config, context });
      onClose('consumer', () => consumer.close());
      const { url, close } = await serveConsumer({ context, consumer, config });
      onClose('server', close);
      logger.info({ url, topics: config.TOPICS, brokers: config.KAFKA_BROKERS }, 'consumer is listening');
      return consumer;
    },
  });
}
