import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import type { TestProject } from 'vitest/node';

export const IMAGE = 'apache/kafka:4.0.0';
const PORT = 19_192;
const SECURED_PORT = 19_194;
const SCRIPT = fileURLToPath(new URL('../../../.ci/kafka', import.meta.url));

const HOW_TO = `These tests need a Kafka broker. Either set KAFKA_BROKERS to one (such as localhost:9092; topics and users named test-* are
made there, and KAFKA_CONTROL may name a command, see below), or start docker, and a container is used.
KAFKA_CONTROL takes "stop", "kill" and "start". It takes "secured" and prints a listener of SASL_SSL with SCRAM-SHA-512, as
host:port, and the path of the PEM file of the authority to trust; nothing where there is none. It takes "user NAME PASSWORD" and
makes a user, or changes his password. Whoever is at KAFKA_BROKERS must be allowed everything, ACLs too. See .ci/kafka.`;

const NOT_SECURED = `The tests of a secured Kafka are skipped: set KAFKA_CONTROL to a command that takes "secured" and "user".\n${HOW_TO}`;

/** What stops and starts the broker: one command for each. */
export interface BrokerControl {
  stop: string[];
  kill: string[];
  start: string[];
}

/** The listener of the broker that takes nobody without TLS and a user's password. */
export interface SecuredListener {
  brokers: string;
  /** The PEM file of the authority that signed the broker's certificate. */
  caFile: string;
  /** The command that makes a user or changes his password, which are its last two arguments. */
  setPassword: string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    brokers: string;
    /** Missing where nobody said how to stop the broker. */
    control: BrokerControl | undefined;
    /** Missing where nobody said where it is. */
    secured: SecuredListener | undefined;
  }
}

/** Runs one of the broker's commands, and answers with what it printed. */
export async function command([file, ...args]: string[]): Promise<string> {
  return (await promisify(execFile)(file!, args)).stdout.trim();
}

/** Makes an authority and a broker's certificate in a folder, which is made if missing. */
export async function makeCertificates(folder: string): Promise<{ caFile: string; brokerFile: string }> {
  await command([SCRIPT, 'certificates', folder]);
  return { caFile: join(folder, 'ca.pem'), brokerFile: join(folder, 'broker.pem') };
}

/** Finds a broker for the tests: KAFKA_BROKERS, else a container, else it says how to get one. */
export default async function setup(project: TestProject): Promise<(() => Promise<unknown>) | undefined> {
  const { KAFKA_BROKERS: brokers, KAFKA_CONTROL: script } = process.env;
  if (brokers) {
    const secured = script ? await findSecured(script) : undefined;
    if (!secured) console.warn(NOT_SECURED);
    project.provide('brokers', brokers);
    project.provide('secured', secured);
    project.provide(
      'control',
      script ? { stop: [script, 'stop'], kill: [script, 'kill'], start: [script, 'start'] } : undefined,
    );
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'kafka-certificates-'));
  const { caFile, brokerFile } = await makeCertificates(folder);
  const container = await startContainer(brokerFile).catch((error: Error) => {
    throw new Error(`${HOW_TO}\nDocker gave none: ${error.message}`);
  });
  const docker = (verb: string) => ['docker', verb, container.getId()];
  project.provide('brokers', `localhost:${PORT}`);
  project.provide('control', { stop: docker('stop'), kill: docker('kill'), start: docker('start') });
  project.provide('secured', {
    brokers: `localhost:${SECURED_PORT}`,
    caFile,
    setPassword: [...docker('exec'), 'sh', '-c', SET_PASSWORD],
  });
  return async () => {
    await container.stop();
    await rm(folder, { recursive: true });
  };
}

async function findSecured(script: string): Promise<SecuredListener | undefined> {
  const [brokers, caFile] = (await command([script, 'secured'])).split(' ');
  return brokers && caFile ? { brokers, caFile, setPassword: [script, 'user'] } : undefined;
}

/** For `sh -c`, which calls the first of its arguments $0. */
const SET_PASSWORD = `/opt/kafka/bin/kafka-configs.sh --bootstrap-server localhost:${PORT} --alter \
--entity-type users --entity-name "$0" --add-config "SCRAM-SHA-512=[password=$1]"`;

/** A broker on fixed ports, so that it is found again at the same place after it was stopped. */
function startContainer(brokerFile: string): Promise<StartedTestContainer> {
  return (
    new GenericContainer(IMAGE)
      .withExposedPorts({ container: PORT, host: PORT }, { container: SECURED_PORT, host: SECURED_PORT })
      // Its user there is another one, so everyone must be able to read it.
      .withCopyFilesToContainer([{ source: brokerFile, target: '/broker.pem', mode: 0o644 }])
      .withEnvironment({
        KAFKA_NODE_ID: '1',
        KAFKA_PROCESS_ROLES: 'broker,controller',
        KAFKA_LISTENERS: `PLAINTEXT://:${PORT},SECURED://:${SECURED_PORT},CONTROLLER://:9093`,
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${PORT},SECURED://localhost:${SECURED_PORT}`,
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL',
        KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
        KAFKA_LISTENER_NAME_SECURED_SSL_KEYSTORE_TYPE: 'PEM',
        KAFKA_LISTENER_NAME_SECURED_SSL_KEYSTORE_LOCATION: '/broker.pem',
        KAFKA_LISTENER_NAME_SECURED_SASL_ENABLED_MECHANISMS: 'SCRAM-SHA-512',
        // Three underscores are a hyphen.
        KAFKA_LISTENER_NAME_SECURED_SCRAM___SHA___512_SASL_JAAS_CONFIG:
          'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        KAFKA_AUTHORIZER_CLASS_NAME: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        KAFKA_SUPER_USERS: 'User:ANONYMOUS',
        KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND: 'false',
      })
      .start()
  );
}
