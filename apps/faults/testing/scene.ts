import type { LogRecord, TopicLog } from '@hello/broadcasts';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext } from 'vitest';
import { newTopicName } from '../../broadcasts/testing/contract.ts';
import { Crowd } from './crowd.ts';
import { type Faults, Ledger, total } from './ledger.ts';
import { finish, type Report } from './report.ts';
import { freePort } from '../../service/testing/free-port.ts';
import { lastSaid, type RunningService, startService } from './services.ts';
import { openTopic, readBack } from './topic.ts';

/** How many messages each client shows before anything breaks. */
const WARM = 20;

interface SceneOptions {
  brokers: string;
  /** The same as the consumers are told of them. */
  consumerBrokers?: string;
  /** The same as the producers are told of them. */
  producerBrokers?: string;
  consumers?: number;
  clients?: number;
  /** Seconds between broadcasts. */
  every?: number;
  /** Settings of the consumer, and of the producer. */
  consumerEnv?: Record<string, string>;
  producerEnv?: Record<string, string>;
  producerNode?: string[];
  /** The producers, each with an environment of its own, and so a partition, where there are several. */
  environments?: string[];
  delayMs?: () => number;
}

/** What a test says of its fault. */
type Words = Pick<Report, 'did' | 'recoveredMs'>;

/** Producers, consumers and clients around one topic, with something that is about to happen to them. */
export class Scene {
  readonly topic = newTopicName();
  readonly topicLog: TopicLog;
  readonly consumers: RunningService[] = [];
  crowd!: Crowd;
  /** Environment -> the last sequence that each run of its producer said to be in the log. */
  readonly said: Record<string, number[]> = {};
  readonly #options: SceneOptions;
  readonly #producers = new Map<string, RunningService>();
  readonly #ports: number[] = [];
  #open: string[] = [];

  private constructor(options: SceneOptions) {
    this.#options = options;
    this.topicLog = openTopic(options.brokers, this.topic);
  }

  /** Starts all of it, the clients first, so that they see everything, and waits until they do. */
  static async set(options: SceneOptions): Promise<Scene> {
    const scene = new Scene(options);
    for (let index = 0; index < (options.consumers ?? 1); index += 1) {
      scene.#ports.push(await freePort());
      await scene.startConsumer(index);
    }
    let turn = 0;
    const { clients: size = 20, delayMs, environments = ['local'] } = options;
    const url = () => scene.#open[(turn += 1) % scene.#open.length] ?? scene.consumers[0]!.url;
    scene.crowd = new Crowd({ size, url, topic: scene.topic, delayMs });
    await scene.crowd.until('connect', ({ connections }) => connections > 0);
    for (const environment of environments) await scene.startProducer(environment);
    await scene.crowd.until('see the first messages', ({ shown }) => shown.length >= WARM);
    return scene;
  }

  /** The first producer. */
  get producer(): RunningService {
    return [...this.#producers.values()][0]!;
  }

  /** Starts one of the consumers, again at the port that it had, and waits until it has read its topic. */
  async startConsumer(index: number, env: Record<string, string> = {}): Promise<RunningService> {
    const { brokers, consumerBrokers = brokers, consumerEnv } = this.#options;
    const service = await startService('consumer', {
      brokers: consumerBrokers,
      env: { TOPICS: this.topic, PORT: String(this.#ports[index]), ...consumerEnv, ...env },
    });
    this.consumers[index] = service;
    await service.child.says(/topic is loaded/);
    this.#open = [...new Set([...this.#open, service.url])];
    return service;
  }

  /** Sends new clients to the other consumers, as a Service does whose pod is not ready. */
  close(index: number): void {
    this.#open = this.#open.filter((url) => url !== this.consumers[index]!.url);
  }

  async startProducer(environment = 'local'): Promise<void> {
    const { brokers, producerBrokers = brokers, every = 0.05, producerEnv, producerNode: node } = this.#options;
    const waits = { WAIT_MIN_SECONDS: String(every / 2), WAIT_MAX_SECONDS: String(every * 1.5) };
    const env = { TOPIC: this.topic, ENVIRONMENT: environment, ...waits, ...producerEnv };
    this.#producers.set(environment, await startService('producer', { brokers: producerBrokers, env, node }));
  }

  /**
   * How long it takes from a time on until every client sees what was said after it, and so all that was held before.
   */
  async recovery(since = Date.now()): Promise<number> {
    await this.crowd.seesWhatWasSaidAfter(since, [...this.#producers.keys()]);
    return Date.now() - since;
  }

  async endProducer(environment = 'local', signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this.#producers.get(environment)!;
    await child.kill(signal);
    (this.said[environment] ??= []).push(lastSaid(child));
  }

  /** Ends the broadcasts and waits until every client has all of them. */
  async end(): Promise<void> {
    for (const environment of this.#producers.keys()) await this.endProducer(environment);
    const ends = (await this.topicLog.listOffsets()).filter(({ low, high }) => high > low);
    await Promise.all(ends.map(({ partition, high }) => this.crowd.sees({ partition, offset: high - 1 })));
    // A little longer than it takes, so that what comes twice can come.
    await sleep(500);
  }

  /**
   * Ends the broadcasts and reports.
   *
   * @param words `records` are those that the log had before somebody cut it.
   */
  async finish(
    context: TestContext,
    { records: cut = [], ...words }: Words & { records?: LogRecord[] },
  ): Promise<void> {
    await this.end();
    const left = await readBack(this.topicLog);
    const ledger = new Ledger([...cut.filter(({ offset }) => offset < left[0]!.offset), ...left]);
    const faults = [ledger.judgeRuns(this.said), ...this.crowd.watchers.map((watcher) => ledger.judge(watcher))];
    this.report(context, { ...words, records: ledger.size }, faults);
  }

  report(context: TestContext, words: Words & { records: number }, faults: Faults[]): void {
    const { watchers } = this.crowd;
    const gaps = watchers.reduce((sum, watcher) => sum + watcher.gaps, 0);
    finish(context, { ...words, clients: watchers.length, gaps, ...total(faults) });
  }
}
