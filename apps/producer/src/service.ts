import { createServer } from 'node:http';
import { checkKafkaConfig, KafkaLog, kafkaSettings } from '@hello/broadcasts';
import { listen, type Service, serviceSettings, startService } from '@hello/service';
import { createProducerApp } from './app.ts';
import { broadcastSettings, checkBroadcastSettings } from './config.ts';
import { producerMetrics } from './metrics.ts';
import { createProducer } from './producer.ts';

/** Every variable that `npm run producer` knows. */
export const settings = {
  ...serviceSettings(8100),
  ...kafkaSettings,
  ...broadcastSettings,
};

/** Starts the producer on Kafka, as the environment variables say. */
export function startProducer(env: NodeJS.ProcessEnv): Promise<Service> {
  return startService({
    name: 'producer',
    settings,
    env,
    check: (values) => [...checkKafkaConfig(values), ...checkBroadcastSettings(values)],
    async start(config, context, onClose) {
      const { logger, recordSpan } = context;
      const log = new KafkaLog({ config, clientId: 'producer', logger });
      onClose('Kafka', () => log.close());
      const metrics = producerMetrics(context.registry, () => [producer.status()]);
      const producer = createProducer({ topicLog: log.topic(config.TOPIC), config, metrics, logger, recordSpan });
      onClose('producer', () => producer.close());
      const server = createServer(createProducerApp(context, producer).callback());
      onClose('server', () => {
        server.close();
        server.closeAllConnections();
      });
      const url = await listen(server, config.HOST, config.PORT);
      logger.info({ url, topic: config.TOPIC, brokers: config.KAFKA_BROKERS }, 'producer is listening');
      return {};
    },
  });
}
