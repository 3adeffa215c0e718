import { checkKafkaConfig, KafkaLog, kafkaSettings } from '@hello/broadcasts';
import { createLogger, createRegistry, listen, readConfig, type Service, serviceSettings } from '@hello/service';
import { createConsumerApp } from './app.ts';
import { consumerSettings } from './config.ts';
import { createConsumer } from './consumer.ts';

/** Every variable that `npm run consumer` knows. */
export const settings = {
  ...serviceSettings(8001),
  ...kafkaSettings,
  ...consumerSettings,
};

/** Starts the consumer on Kafka, as the environment variables say. */
export async function startConsumer(env: NodeJS.ProcessEnv): Promise<Service> {
  const misspelt: string[] = [];
  const config = readConfig(settings, env, { check: checkKafkaConfig, warn: (sentence) => misspelt.push(sentence) });
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
    const { server, url } = await listen(createConsumerApp(context, consumer).callback(), config.HOST, config.PORT);
    consumer.attach(server);
    logger.info({ url, topics: config.TOPICS, brokers: config.KAFKA_BROKERS }, 'consumer is listening');
    return { logger, close, failed: consumer.failed };
  } catch (error) {
    await close();
    throw error;
  }
}
