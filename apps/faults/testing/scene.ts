import { type LogRecord, type TopicLog } from '@hello/broadcasts';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext } from 'vitest';
import { newTopicName } from '../../broadcasts/testing/contract.ts';
import { Crowd } from './crowd.ts';
import { type Faults, Ledger } from './ledger.ts';
import { finish } from './report.ts';
import { freePort, type RunningService, startService } from './services.ts';
import { openTopic, readBack } from './topic.ts';

const ENVIRONMENT = 'local';

interface SceneOptions {
  /** Brokers as the services are told of them. */
  brokers: string;
  /** The same for the test itself, which should not be hurt. */
  ownBrokers?: string;
  consumers?: number;
  clients?: number;
  /** Seconds between broadcasts. */
  every?: number;
  /** Settings of the consumer, and of the producer. */
  consumerEnv?: Record<string, string>;
  producerEnv?: Record<string, string>;
  producerNode?: string[];
  delayMs?: () => number;
}

/** A producer, consumers and clients around one topic, with something that is about to happen to them. */
export class Scene {
  readonly topic = newTopicName();
  readonly topicLog: TopicLog;
  readonly options: SceneOptions;
  readonly consumers: RunningService[] = [];
  crowd!: Crowd;
  producer!: RunningService;
  /** The last sequence that each run of the producer before this one said to be in the log. */
  readonly runs: number[] = [];
  readonly #ports: number[] = [];
  #open: string[] = [];

  private constructor(options: SceneOptions) {
    this.options = options;
    this.topicLog = openTopic(options.ownBrokers ?? options.brokers, this.topic);
  }

  /** Starts all of it, the clients first, so that they see everything, and waits until they do. */
  static async set(options: SceneOptions): Promise<Scene> {
    const scene = new Scene(options);
    for (let index = 0; index < (options.consumers ?? 1); index += 1) {
      scene.#ports.push(await freePort());
      await scene.startConsumer(index);
    }
    let turn = 0;
    const { clients: size = 20, delayMs } = options;
    const url = () => scene.#open[(turn += 1) % scene.#open.length] ?? 'http://127.0.0.1:9';
    scene.crowd = new Crowd({ size, url, topic: scene.topic, delayMs });
    await scene.crowd.until('connect', ({ connections }) => connections > 0);
    await scene.startProducer();
    await scene.crowd.sees({ partition: 0, offset: 20 });
    return scene;
  }

  async startConsumer(index: number, env: Record<string, string> = {}): Promise<RunningService> {
    const { brokers, consumerEnv } = this.options;
    const service = await startService('consumer', {
      brokers,
      env: { TOPICS: this.topic, PORT: String(this.#ports[index]), ...consumerEnv, ...env },
    });
    this.consumers[index] = service;
    await service.child.says(/read up to its end/);
    this.#open = [...this.#open, service.url];
    return service;
  }

  /** Sends new clients elsewhere, as a Service does whose pod is not ready. */
  close(index: number): void {
    this.#open = this.#open.filter((url) => url !== this.consumers[index]!.url);
  }

  async startProducer(): Promise<void> {
    const { brokers, every = 0.05, producerEnv, producerNode } = this.options;
    const waits = { WAIT_MIN_SECONDS: String(every / 2), WAIT_MAX_SECONDS: String(every * 1.5) };
    const env = { TOPIC: this.topic, ENVIRONMENT, ...waits, ...producerEnv };
    this.producer = await startService('producer', { brokers, env, node: producerNode });
  }

  /** Counts from now how long it takes until every client sees what was said from now on, and so all that was held before it. */
  async recovery(since = Date.now()): Promise<number> {
    await this.crowd.seesWhatCameAfter(since);
    return Date.now() - since;
  }

  async endProducer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.producer.child.kill(signal);
    const said = [...this.producer.child.stdout.matchAll(/"sequence":(\d+).*"msg":"Hello world/g)];
    this.runs.push(Number(said.at(-1)?.[1] ?? 0));
  }

  /** Ends the broadcasts, waits until every client has all of them, and reports. */
  async finish(
    context: TestContext,
    { did, recoveredMs, records }: { did: string; recoveredMs: number; records?: LogRecord[] },
  ): Promise<void> {
    await this.endProducer();
    const ledger = new Ledger(records ?? (await readBack(this.topicLog)));
    // A little longer than it takes, so that what comes twice can come.
    await Promise.all(ledger.ends.map((end) => this.crowd.sees(end)));
    await sleep(500);
    finish(context, { did, recoveredMs, records: ledger.size, ...this.judge(ledger) });
  }

  judge(ledger: Ledger): Faults & { clients: number; gaps: number } {
    const { watchers } = this.crowd;
    const all = [ledger.judgeRuns({ [ENVIRONMENT]: this.runs }), ...watchers.map((watcher) => ledger.judge(watcher))];
    const total = (fault: keyof Faults) => all.reduce((sum, faults) => sum + faults[fault], 0);
    return {
      clients: watchers.length,
      lost: total('lost'),
      doubled: total('doubled'),
      disordered: total('disordered'),
      gaps: watchers.reduce((sum, { gaps }) => sum + gaps, 0),
    };
  }
}

