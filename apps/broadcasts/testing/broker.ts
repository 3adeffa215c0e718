import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import type { TestProject } from 'vitest/node';

const IMAGE = 'apache/kafka:4.0.0';
const PORT = 19_192;

const HOW_TO = `These tests need a Kafka broker. Either set KAFKA_BROKERS to one (such as localhost:9092; topics named test-* are made
there, and KAFKA_CONTROL may name a command that takes "stop", "kill" and "start"), or start docker, and a container is used.`;

/** What stops and starts the broker: one command for each. */
export interface BrokerControl {
  stop: string[];
  kill: string[];
  start: string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    brokers: string;
    /** Missing where nobody said how to stop the broker. */
    control: BrokerControl | undefined;
  }
}

/** Runs one of the broker's commands. */
export async function command([file, ...args]: string[]): Promise<void> {
  await promisify(execFile)(file!, args);
}

/** Finds a broker for the tests: KAFKA_BROKERS, else a container, else it says how to get one. */
export default async function setup(project: TestProject): Promise<(() => Promise<unknown>) | undefined> {
  const { KAFKA_BROKERS: brokers, KAFKA_CONTROL: script } = process.env;
  if (brokers) {
    project.provide('brokers', brokers);
    project.provide(
      'control',
      script ? { stop: [script, 'stop'], kill: [script, 'kill'], start: [script, 'start'] } : undefined,
    );
    return undefined;
  }
  const container = await startContainer().catch((error: Error) => {
    throw new Error(`${HOW_TO}\nDocker gave none: ${error.message}`);
  });
  const docker = (verb: string) => ['docker', verb, container.getId()];
  project.provide('brokers', `localhost:${PORT}`);
  project.provide('control', { stop: docker('stop'), kill: docker('kill'), start: docker('start') });
  return () => container.stop();
}

/** A broker on a fixed port, so that it is found again at the same place after it was stopped. */
function startContainer(): Promise<StartedTestContainer> {
  return new GenericContainer(IMAGE)
    .withExposedPorts({ container: PORT, host: PORT })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: `PLAINTEXT://:${PORT},CONTROLLER://:9093`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${PORT}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .start();
}
