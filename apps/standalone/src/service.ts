import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { EmbeddedLog, LogInUseError, NotALogError } from '@hello/broadcasts';
import { checkConsumerSettings, consumerSettings, createConsumer, serveConsumer } from '@hello/consumer';
import {
  broadcastSettings,
  checkBroadcastSettings,
  createProducer,
  type Producer,
  producerMetrics,
} from '@hello/producer';
import { listen, type Service, serviceSettings, startService, StartError } from '@hello/service';
import { z } from 'zod';
import { readArguments } from './arguments.ts';

/** What the embedded log has not. */
const kafkaOnly = { TOPIC_PARTITIONS: 1, TOPIC_REPLICATION: 1, TOPIC_RETENTION_MIB: -1 };
// There is a producer for each of TOPICS.
const {
  TOPIC: _,
  TOPIC_PARTITIONS: __,
  TOPIC_REPLICATION: ___,
  TOPIC_RETENTION_MIB: ____,
  ...rest
} = broadcastSettings;

/** Every variable that `npm start` knows. */
export const settings = {
  ...serviceSettings(8001),
  ...rest,
  ...consumerSettings,
  DATA_DIR: z.string().default('.data'),
};

/** Starts a producer for each topic, and the consumer, in one process, on a log in a file. */
export async function startStandalone(env: NodeJS.ProcessEnv, args: string[]): Promise<Service> {
  const { fresh } = readArguments(args, env);
  return startService({
    name: 'standalone',
    settings,
    env,
    check: checkStandalone,
    async start(read, context, onClose) {
      const config = { ...read, ...kafkaOnly };
      const { logger, registry, recordSpan } = context;
      // Before anything is done to the data, which --fresh deletes.
      await checkPort(config, 'PORT');
      await checkPort(config, 'METRICS_PORT');
      const log = await openLog(join(config.DATA_DIR, 'log.db'), fresh);
      onClose('log', () => log.close());
      const producers = new Map<string, Producer>();
      const dueAt = (topic: string) => producers.get(topic)?.status().nextAt ?? null;
      const consumer = await createConsumer({ log, config, context, dueAt });
      onClose('consumer', () => consumer.close());
      const { url, close } = await serveConsumer({ context, consumer, config });
      onClose('server', close);
      logger.info(`Open ${url}`);
      const metrics = producerMetrics(registry, () => [...producers.values()].map((producer) => producer.status()));
      for (const topic of config.TOPICS)
        producers.set(topic, createProducer({ topicLog: log.topic(topic), config, metrics, logger, recordSpan }));
      // Together, since each may take most of the time that there is.
      onClose('producers', () => Promise.all(producers.values().map((producer) => producer.close())));
      return consumer;
    },
  });
}

/** @throws {StartError} that says what to do when a port cannot be had. */
async function checkPort(config: StandaloneConfig, setting: 'PORT' | 'METRICS_PORT'): Promise<void> {
  const port = config[setting];
  if (port === undefined) return;
  const server = createServer();
  await listen(server, config.HOST, port, setting);
  server.close();
  await once(server, 'close');
}

async function openLog(file: string, fresh: boolean): Promise<EmbeddedLog> {
  try {
    if (fresh) await deleteLog(file);
    return new EmbeddedLog(file);
  } catch (error) {
    throw new StartError(`${(error as Error).message}. ${advice(error)}.`, { cause: error });
  }
}

/** Opens it first, because a log that another process has open must not be deleted. One that is damaged must. */
async function deleteLog(file: string): Promise<void> {
  try {
    await new EmbeddedLog(file).close();
  } catch (error) {
    if (!(error instanceof NotALogError)) throw error;
  }
  for (const part of ['', '-wal', '-shm']) rmSync(file + part, { force: true });
}

function advice(error: unknown): string {
  if (error instanceof LogInUseError) return 'Stop that one, or choose another folder with DATA_DIR and port with PORT';
  if (error instanceof NotALogError)
    return 'Start anew with npm start -- --fresh, or choose another folder with DATA_DIR';
  return 'Choose another folder with DATA_DIR';
}

type StandaloneConfig = z.infer<z.ZodObject<typeof settings>>;

function checkStandalone(config: StandaloneConfig): [variable: string, problem: string][] {
  return [...checkConsumerSettings(config), ...checkBroadcastSettings(config)];
}
