import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedLog, LogInUseError, NotALogError } from '@hello/broadcasts';
import { checkConsumerSettings, consumerSettings, createConsumer, serveConsumer } from '@hello/consumer';
import { broadcastSettings, checkBroadcastSettings, createProducer } from '@hello/producer';
import { type Service, serviceSettings, startService, StartError } from '@hello/service';
import { z } from 'zod';
import { readArguments } from './arguments.ts';

/** What the embedded log has not. */
const kafkaOnly = { TOPIC_PARTITIONS: 1, TOPIC_REPLICATION: 1, TOPIC_RETENTION_MIB: -1 };
const { TOPIC_PARTITIONS: _, TOPIC_REPLICATION: __, TOPIC_RETENTION_MIB: ___, ...topicSettings } = broadcastSettings;

/** Every variable that `npm start` knows. */
export const settings = {
  ...serviceSettings(8001),
  ...topicSettings,
  ...consumerSettings,
  // Follows TOPIC unless it is set.
  TOPICS: consumerSettings.TOPICS.removeDefault().optional(),
  DATA_DIR: z.string().default('.data'),
};

/** Starts the producer and the consumer in one process, on a log in a file. */
export async function startStandalone(env: NodeJS.ProcessEnv, args: string[]): Promise<Service> {
  const { fresh } = readArguments(args, env);
  return startService({
    name: 'standalone',
    settings,
    env,
    check: checkStandalone,
    async start(read, context, onClose) {
      const config = { ...read, TOPICS: read.TOPICS ?? [read.TOPIC], ...kafkaOnly };
      const log = await openLog(join(config.DATA_DIR, 'log.db'), fresh);
      onClose('log', () => log.close());
      const consumer = await createConsumer({ log, config, context });
      onClose('consumer', () => consumer.close());
      const { url, close } = await serveConsumer({ context, consumer, config });
      onClose('server', close);
      context.logger.info(`Open ${url}`);
      const producer = createProducer({ topicLog: log.topic(config.TOPIC), config, context });
      onClose('producer', () => producer.close());
      return consumer;
    },
  });
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
  const { TOPIC: topic, TOPICS: topics = [topic] } = config;
  const shown = topics.includes(topic);
  return [
    ...checkConsumerSettings({ ...config, TOPICS: topics }),
    ...checkBroadcastSettings({ ...config, ...kafkaOnly }),
    ...(shown ? [] : [['TOPICS', `must include TOPIC, which is ${topic}`] as [string, string]]),
  ];
}
