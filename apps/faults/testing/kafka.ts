import { command } from '../../broadcasts/testing/broker.ts';

/** How often brokers look for what is too much or too old: in reality every 5 minutes. */
const RETENTION_CHECK_MS = 1_000;

/** A broker that can be broken. */
export interface Node {
  address: string;
  start(): Promise<unknown>;
  /** Ends it as somebody does who means well. */
  stop(): Promise<unknown>;
  kill(): Promise<unknown>;
  pause(): Promise<unknown>;
  resume(): Promise<unknown>;
}

/** Where to find brokers, and what controls them; as plain data, since tests get it from another process. */
export interface KafkaSettings {
  /** A script as .ci/kafka is. */
  script: string;
  /** What it should run in a container; empty for none. */
  image: string;
  port: number;
  nodes: number;
}

/** The listener that leads clients to the port above it, where a test stands between them and the broker. */
export interface DetourPorts {
  /** Where clients go. */
  listen: number;
  /** Where the broker is. */
  forward: number;
}

/** One broker, or a cluster of them, on fixed ports of this machine. */
export class Kafka {
  readonly nodes: Node[];
  readonly detour: DetourPorts;
  readonly #settings: KafkaSettings;

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
    const { port, nodes } = settings;
    this.nodes = Array.from({ length: nodes }, (_, index) => this.#node(index));
    this.detour = { forward: port + 3, listen: port + 4 };
  }

  /** As a value of KAFKA_BROKERS. */
  get brokers(): string {
    return this.nodes.map(({ address }) => address).join(',');
  }

  start(): Promise<string> {
    return this.#run('start');
  }

  clean(): Promise<string> {
    return this.#run('clean');
  }

  #node(index: number): Node {
    const run = (verb: string) => () => this.#run(verb, String(index));
    return {
      address: `127.0.0.1:${this.#settings.port + 10 * index}`,
      start: run('start'),
      stop: run('stop'),
      kill: run('kill'),
      pause: run('pause'),
      resume: run('resume'),
    };
  }

  #run(...words: string[]): Promise<string> {
    const { script, image, port, nodes } = this.#settings;
    const settings = {
      PORT: port,
      NODES: nodes,
      IMAGE: image,
      DIR: `/tmp/hello-faults-${port}`,
      RETENTION_CHECK_MS,
    };
    const variables = Object.entries(settings).map(([name, value]) => `KAFKA_${name}=${value}`);
    return command(['env', ...variables, script, ...words]);
  }
}
