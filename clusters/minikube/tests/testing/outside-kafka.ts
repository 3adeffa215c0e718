import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';

const run = promisify(execFile);
const script = join(import.meta.dirname, '../../../../.ci/kafka');
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** A Kafka on this machine, which takes who comes from the cluster with TLS, a user, and rights for what he does. */
export class OutsideKafka {
  /** This machine, as the cluster's node sees it. */
  readonly host: string;
  readonly #port: number;
  readonly #folder: string;

  private constructor(host: string, port: number, folder: string) {
    this.host = host;
    this.#port = port;
    this.#folder = folder;
  }

  /** @param port the first of four that it takes, two above it for who comes from the cluster. */
  static async start(port: number): Promise<OutsideKafka> {
    const network = ['network', 'inspect', 'hello', '-f', '{{(index .IPAM.Config 0).Gateway}}'];
    const host = (await run('docker', network)).stdout.trim();
    const kafka = new OutsideKafka(host, port, await mkdtemp(join(tmpdir(), 'hello kafka ')));
    await kafka.#run('start');
    return kafka;
  }

  get port(): number {
    return this.#port + 2;
  }

  /** The authority that signed its certificate. */
  get caFile(): string {
    return join(this.#folder, 'certificates/ca.pem');
  }

  /** Makes a user who may do that with the topic hello-world. */
  async addUser(name: string, password: string, operations: (keyof typeof AclOperationTypes)[]): Promise<void> {
    await this.#run('user', name, password);
    const admin = new kafkajs.Kafka({ brokers: [`127.0.0.1:${this.#port}`] }).admin();
    await admin.connect();
    const acl = operations.map((operation) => ({
      principal: `User:${name}`,
      host: '*',
      resourceType: AclResourceTypes.TOPIC,
      resourceName: 'hello-world',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      operation: AclOperationTypes[operation],
      permissionType: AclPermissionTypes.ALLOW,
    }));
    await admin.createAcls({ acl });
    await admin.disconnect();
  }

  /** Ends it, with what it holds. */
  async remove(): Promise<void> {
    await this.#run('clean');
    await rm(this.#folder, { recursive: true, force: true });
  }

  #run(...args: string[]): Promise<unknown> {
    const env = {
      ...process.env,
      KAFKA_PORT: String(this.#port),
      KAFKA_ADDRESS: this.host,
      KAFKA_DIR: this.#folder,
    };
    return run(script, args, { env });
  }
}
