import { createServer } from 'node:http';
import { checkKafkaConfig, KafkaLog, kafkaSettings } from '@hello/broadcasts';
import { createLogger, createRegistry, listen, readConfig, serviceSettings, type Service } from '@hello/service';
import { createProducerApp } from './app.ts';
import { broadcastSettings, checkBroadcastSettings } from './config.ts';
import { createProducer } from './producer.ts';

/** Every variable that `npm run producer` knows. */
export const settings = {
  ...serviceSettings(8100),
  ...kafkaSettings,
  ...broadcastSettings,
};

/** Starts the producer on Kafka, as the environment variables say. */
export async function startProducer(env: NodeJS.ProcessEnv): Promise<Service> {
  const misspelt: string[] = [];
  const config = readConfig(settings, env, {
    check: (values) => [...checkKafkaConfig(values), ...checkBroadcastSettings(values)],
    warn: (sentence) => misspelt.push(sentence),
  });
  const logger = createLogger({ name: 'producer', level: config.LOG_LEVEL });
  for (const sentence of misspelt) logger.warn(sentence);
  const context = { name: 'producer', logger, registry: createRegistry() };

  const log = new KafkaLog({ config, clientId: 'producer', logger });
  const producer = createProducer({ topicLog: log.topic(config.TOPIC), config, context });
  const close = async () => {
    await producer.close();
    await log.close();
  };
  try {
    const server = createServer(createProducerApp(context, producer).callback());
    const url = await listen(server, config.HOST, config.PORT);
    logger.info({ url, topic: config.TOPIC, brokers: config.KAFKA_BROKERS }, 'producer is listening');
    return {
      logger,
      async close() {
        server.close();
        server.closeAllConnections();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
