import { checkKafkaConfig, KafkaLog, kafkaSettings } from '@hello/broadcasts';
import { createLogger, createRegistry, readConfig, type Service, serviceSettings } from '@hello/service';
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
export async function startConsumer(env: NodeJS.ProcessEnv): Promise<Service> {
  const misspelt: string[] = [];
  const config = readConfig(settings, env, {
    check: (values) => [...checkKafkaConfig(values), ...checkConsumerSettings(values)],
    warn: (sentence) => misspelt.push(sentence),
  });
  const logger = createLogger({ name: 'consumer', level: config.LOG_LEVEL });
  for (const sentence of misspelt) logger.warn(sentence);
  const context = { name: 'consumer', logger, registry: createRegistry() };

  const log = new KafkaLog({ config, clientId: 'consumer', logger });
  const consumer = await createConsumer({ log, config, context });
  const close = async () => {
    await consumer.close();
    await log.close();
  };
  try {
    const served = await serveConsumer({ context, consumer, config });
    logger.info({ url: served.url, topics: config.TOPICS, brokers: config.KAFKA_BROKERS }, 'consumer is listening');
    return {
      logger,
      failed: consumer.failed,
      async close() {
        served.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
