import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { Kafka, type KafkaSettings } from './kafka.ts';

/** Ports of the one broker from here on, those of the cluster above them. */
const PORT = 19_292;
const CLUSTER = 50;

declare module 'vitest' {
  interface ProvidedContext {
    /** The one broker, which runs. */
    single: KafkaSettings;
    /** The cluster, which somebody must start. */
    cluster: KafkaSettings;
    /** Whether the tests should take minutes, not a quarter of an hour. */
    quick: boolean;
  }
}

/** Brings the one broker that most tests break. */
export default async function setup(project: TestProject): Promise<() => Promise<unknown>> {
  const script = process.env.KAFKA_CONTROL ?? fileURLToPath(new URL('../../../.ci/kafka', import.meta.url));
  if (!existsSync(script)) throw new Error(`KAFKA_CONTROL: there is no ${script}`);
  const port = Number(process.env.KAFKA_PORT ?? PORT);
  const single = { script, port, nodes: 1 };
  project.provide('single', single);
  project.provide('cluster', { script, port: port + CLUSTER, nodes: 3 });
  project.provide('quick', project.vite.config.mode === 'quick');
  const kafka = new Kafka(single);
  // What a run before this one left, if it was killed.
  await kafka.clean();
  await kafka.start();
  return () => kafka.clean();
}
