import { execFile, execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeBroadcast, KafkaLog, kafkaSettings } from '@hello/broadcasts';
import { createLogger } from '@hello/service';
import kafkajs from 'kafkajs';
import { z } from 'zod';
import { benchBroadcast } from './message.ts';
import { MissingError } from './missing-error.ts';

const SCRIPT = fileURLToPath(new URL('../../../.ci/kafka', import.meta.url));
// Below those that a system gives to connections, of which the bench makes thousands.
const PORT = '29092';
const ENV = { ...process.env, KAFKA_PORT: PORT, KAFKA_DIR: join(tmpdir(), `hello-bench-kafka-${PORT}`) };
const BATCH = 5_000;
const START_MS = 180_000;

export const BROKERS = `127.0.0.1:${PORT}`;

/** A log on the broker of the bench. */
export function openKafkaLog(): KafkaLog {
  const config = z.object(kafkaSettings).parse({ KAFKA_BROKERS: BROKERS });
  return new KafkaLog({ config, clientId: 'bench', logger: createLogger({ name: 'bench', level: 'silent' }) });
}

/** Starts a real broker, empty, on loopback. It ends with this process at the latest. */
export async function startKafka(): Promise<void> {
  process.once('exit', () => execFileSync(SCRIPT, ['clean'], { env: ENV }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  try {
    await control('clean');
    await control('start');
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new MissingError(`no Kafka: ${(stderr || message).trim().split('\n').at(-1)}`, { cause: error });
  }
}

/** Ends the broker, and deletes what it had. */
export async function removeKafka(): Promise<void> {
  await control('clean');
}

async function control(command: string): Promise<void> {
  await promisify(execFile)(SCRIPT, [command], { env: ENV, timeout: START_MS });
}

/**
 * Makes a topic with so many broadcasts, with sequences from 1 on.
 *
 * @param headersOf makes the headers of each.
 */
export async function fillTopic(
  topic: string,
  records: number,
  headersOf: () => Record<string, string> = () => ({}),
): Promise<void> {
  const log = openKafkaLog();
  await log.topic(topic).ensure({ partitions: 1, replication: 1, retentionMs: -1 });
  await log.close();
  const kafka = new kafkajs.Kafka({ brokers: [BROKERS], logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  for (let first = 1; first <= records; first += BATCH) {
    const length = Math.min(BATCH, records - first + 1);
    const messages = Array.from({ length }, (_, index) => ({
      value: Buffer.from(encodeBroadcast(benchBroadcast(first + index, 5_500.25))),
      headers: headersOf(),
    }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
}
