import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.ts';
import type { Exported } from '../load/export.ts';
import type { ExportsCalls } from '../load/exports.main.ts';
import type { LoadCalls } from '../load/load.main.ts';
import type { Delivery } from '../load/load.ts';
import type { ProbeCalls } from '../load/probe.main.ts';
import type { Probed } from '../load/probe.ts';
import type { StormCalls } from '../load/storm.main.ts';
import type { Stormed, StormPlan } from '../load/storm.ts';
import { TOPIC } from '../peers/consumer.ts';
import type { FairnessCalls } from '../peers/fairness.main.ts';
import { PATIENCE_MS, SILENCE_MS, untilReady } from '../ready.ts';
import { say } from '../say.ts';
import type { Stretch } from '../stretches.ts';

export interface FairnessPlan {
  records: number;
  /** How long each row is measured, in seconds. */
  seconds: number;
  /** Clients that come back at once. */
  storm: number;
}

export const LIVE = { clients: 100, rate: 100 };
export const EXPORTS = 4;
/** How many messages back they come from: a page of the API. */
export const BEHIND = 500;
const WARM_SECONDS = 2;
/** In so many parts the longest stretch is looked at, with a storm in each where there are storms. */
const PARTS = 2;
/** When the storms come, as shares of the time. */
const STORMS = [0.25, 0.6];

/** What goes on beside the live traffic. */
export interface Disturbance {
  exports: boolean;
  storms: boolean;
}

// The live traffic alone tells what of the others' figures is the cost of a batch on its way to its clients.
const DISTURBANCES: Disturbance[] = [
  { exports: false, storms: false },
  { exports: true, storms: false },
  { exports: false, storms: true },
  { exports: true, storms: true },
];

export interface FairnessMeasurement extends Disturbance {
  /** The longest one of each part of the time. */
  stretches: Stretch[];
  health: Probed;
  delivery: Delivery;
  exported: Exported;
  rowsPerSecond: number;
  stormed: Stormed[];
  /** Cores that the server took. */
  cores: number;
}

/** Lets live traffic run alone, and beside downloads of everything and clients that come back all at once. */
export async function measureFairness(plan: FairnessPlan): Promise<FairnessMeasurement[]> {
  const stage = new Stage(plan);
  try {
    await stage.fill();
    const measured: FairnessMeasurement[] = [];
    for (const disturbance of DISTURBANCES) measured.push(await stage.measure(disturbance));
    return measured;
  } finally {
    await stage.close();
  }
}

/** The server, and what it serves at the same time: a process each. */
class Stage {
  readonly #plan: FairnessPlan;
  readonly #server = new Child<FairnessCalls>('peers/fairness.main.ts');
  readonly #live = new Child<LoadCalls>('load/load.main.ts');
  readonly #probe = new Child<ProbeCalls>('load/probe.main.ts');
  readonly #exports = new Child<ExportsCalls>('load/exports.main.ts');
  readonly #storms = new Child<StormCalls>('load/storm.main.ts');
  #port = 0;
  /** The sequence of the next live message. */
  #next: number;

  constructor(plan: FairnessPlan) {
    this.#plan = plan;
    this.#next = plan.records + 1;
  }

  async fill(): Promise<void> {
    const { records } = this.#plan;
    say(`fairness: filling ${records.toLocaleString('en')} rows`);
    this.#port = await this.#server.call('start', records);
    await untilReady(this.#port, { everyMs: 100, timeoutMs: PATIENCE_MS });
    await this.#live.call('connect', { port: this.#port, dialect: 'ours', clients: LIVE.clients });
    // What it runs first is not compiled yet, and what it read is not collected.
    const warm = { first: this.#next, count: WARM_SECONDS * LIVE.rate, rate: LIVE.rate };
    this.#next += warm.count;
    await this.#server.call('publish', warm);
  }

  async measure({ exports, storms }: Disturbance): Promise<FairnessMeasurement> {
    say(`fairness: live${exports ? `, ${EXPORTS} exports` : ''}${storms ? ', storms' : ''}`);
    const course = { first: this.#next, count: this.#plan.seconds * LIVE.rate, rate: LIVE.rate };
    await this.#live.call('expect', course);
    await this.#probe.call('start', `${this.#url}/healthz`);
    await this.#server.call('watch');
    const start = performance.now();
    const before = await this.#server.call('usage');
    if (exports) await this.#exports.call('start', { port: this.#port, topic: TOPIC, count: EXPORTS });
    const storming = storms ? this.#storm() : [];
    const stretches = await this.#publish(course.count);
    const exported = exports ? await this.#exports.call('finish') : { rows: 0, whole: 0, holes: 0 };
    const exportSeconds = (performance.now() - start) / 1000;
    const delivery = await this.#live.call('finish', SILENCE_MS);
    const stormed = await storming;
    const { cpuMs } = await this.#server.call('usage');
    const seconds = (performance.now() - start) / 1000;
    return {
      exports,
      storms,
      stretches: [...stretches, await this.#server.call('stretch')],
      health: await this.#probe.call('finish'),
      delivery,
      exported,
      rowsPerSecond: exported.rows / exportSeconds,
      stormed,
      cores: (cpuMs - before.cpuMs) / 1000 / seconds,
    };
  }

  /**
   * Publishes so many messages, in parts. Answers with the longest stretch of each but the last, which is not over yet.
   */
  async #publish(messages: number): Promise<Stretch[]> {
    const stretches: Stretch[] = [];
    for (let part = 0; part < PARTS; part += 1) {
      if (part > 0) {
        stretches.push(await this.#server.call('stretch'));
        await this.#server.call('watch');
      }
      const count = messages / PARTS;
      await this.#server.call('publish', { first: this.#next, count, rate: LIVE.rate });
      this.#next += count;
    }
    return stretches;
  }

  async close(): Promise<void> {
    const children = [this.#server, this.#live, this.#probe, this.#exports, this.#storms];
    await Promise.all(children.map((child) => child.stop()));
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async #storm(): Promise<Stormed[]> {
    const { seconds, storm: clients } = this.#plan;
    const start = performance.now();
    const stormed: Stormed[] = [];
    for (const share of STORMS) {
      await sleep(Math.max(0, start + share * seconds * 1000 - performance.now()));
      stormed.push(await this.#storms.call('storm', { port: this.#port, clients, ...(await this.#behind()) }));
    }
    return stormed;
  }

  /** Where a client stands that has all but the last 500 messages, and the last one that it is to get. */
  async #behind(): Promise<Pick<StormPlan, 'position' | 'until'>> {
    const response = await fetch(`${this.#url}/api/topics/${TOPIC}/messages?limit=${BEHIND}`);
    const { messages } = (await response.json()) as { messages: { offset: number; timestamp: number }[] };
    const oldest = messages.at(-1)!;
    return { position: { next: oldest.offset + 1, timestamp: oldest.timestamp }, until: messages[0]!.offset };
  }
}
