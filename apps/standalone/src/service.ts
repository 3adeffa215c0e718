import { join } from 'node:path';
import { EmbeddedLog } from '@hello/broadcasts';
import { createConsumer, consumerSettings } from '@hello/consumer';
import { broadcastSettings, checkBroadcastSettings, createProducer } from '@hello/producer';
import {
  createApp,
  createLogger,
  createRegistry,
  listen,
  readConfig,
  type Service,
  serviceSettings,
  StartError,
} from '@hello/service';
import { z } from 'zod';
import { readArguments } from './arguments.ts';

const { TOPIC_PARTITIONS: _, TOPIC_REPLICATION: __, ...topicSettings } = broadcastSettings;

/** Every variable that `npm start` knows. */
export const settings = {
  ...serviceSettings(8001),
  ...topicSettings,
  ...consumerSettings,
  TOPICS: consumerSettings.TOPICS.optional(),
  DATA_DIR: z.string().default('.data'),
};

/** Starts the producer and the consumer in one process, on a log in a file. */
export async function startStandalone(env: NodeJS.ProcessEnv, args: string[]): Promise<Service> {
  const { fresh } = readArguments(args);
  const misspelt: string[] = [];
  const read = readConfig(settings, env, { check: checkStandalone, warn: (sentence) => misspelt.push(sentence) });
  const config = { ...read, TOPICS: read.TOPICS ?? [read.TOPIC], TOPIC_PARTITIONS: 1, TOPIC_REPLICATION: 1 };
  const logger = createLogger({ name: 'standalone', level: config.LOG_LEVEL });
  for (const sentence of misspelt) logger.warn(sentence);
  const context = { name: 'standalone', logger, registry: createRegistry() };

  const log = openLog(join(config.DATA_DIR, 'log.db'), fresh);
  const consumer = await createConsumer({ log, config, context });
  try {
    const app = createApp(context, () => consumer.notReady(), consumer.routes);
    const { server, url } = await listen(app.callback(), config.HOST, config.PORT);
    consumer.attach(server);
    logger.info(`Open ${url}`);
    const producer = createProducer({ topicLog: log.topic(config.TOPIC), config, context });
    return {
      logger,
      failed: consumer.failed,
      async close() {
        await producer.close();
        await consumer.close();
        await log.close();
      },
    };
  } catch (error) {
    await consumer.close();
    await log.close();
    throw error;
  }
}

function openLog(file: string, fresh: boolean): EmbeddedLog {
  try {
    const log = new EmbeddedLog(file);
    if (fresh) log.clear();
    return log;
  } catch (error) {
    throw new StartError(`${(error as Error).message}. Choose another folder with DATA_DIR.`, { cause: error });
  }
}

type StandaloneConfig = z.infer<z.ZodObject<typeof settings>>;

function checkStandalone(config: StandaloneConfig): [variable: string, problem: string][] {
  const { TOPIC: topic, TOPICS: topics } = config;
  const shown = !topics || topics.includes(topic);
  return [
    ...checkBroadcastSettings({ ...config, TOPIC_PARTITIONS: 1, TOPIC_REPLICATION: 1 }),
    ...(shown ? [] : [['TOPICS', `must include TOPIC, which is ${topic}`] as [string, string]]),
  ];
}
