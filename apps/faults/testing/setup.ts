import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { IMAGE } from '../../broadcasts/testing/broker.ts';
import { Kafka, type KafkaSettings } from './kafka.ts';

/** Where a broker of `npm run test:kafka` is; these ones are above it, so that both can be there. */
const PORT = 19_092;
const SINGLE = 200;
const CLUSTER = 250;

const SCRIPT = fileURLToPath(new URL('../../../.ci/kafka', import.meta.url));
const HOW_TO = `These tests bring brokers of their own, to break them: in containers, for which docker must run (and KAFKA_IMAGE may name
another image of Kafka than ${IMAGE}), or by KAFKA_CONTROL=$PWD/.ci/kafka, for which there must be Java and Maven.
Their ports are from 200 above KAFKA_PORT on, which is ${PORT} where it is not set.`;

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
  const { KAFKA_CONTROL: script, KAFKA_IMAGE: image = IMAGE, KAFKA_PORT: port = PORT } = process.env;
  const settings = { script: script ?? SCRIPT, image: script ? '' : image };
  const single = { ...settings, port: Number(port) + SINGLE, nodes: 1 };
  project.provide('single', single);
  project.provide('cluster', { ...settings, port: Number(port) + CLUSTER, nodes: 3 });
  project.provide('quick', project.vite.config.mode === 'quick');
  const kafka = new Kafka(single);
  try {
    // What a run before this one left, if it was killed.
    await kafka.clean();
    await kafka.start();
  } catch (error) {
    throw new Error(`${HOW_TO}\nThere is none: ${(error as Error).message}`, { cause: error });
  }
  return () => kafka.clean();
}
