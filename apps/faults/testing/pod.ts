import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { expect, type TestContext } from 'vitest';
import { parse } from 'yaml';
import type { Message } from '../../consumer/src/history/message.ts';
import { MemoryLimit, type Peak } from './memory-limit.ts';
import { type RunningService, startService } from './services.ts';

const DEPLOYMENT = new URL('../../../base/consumer/deployment.yaml', import.meta.url);
const MIB = 1024 ** 2;
const UNITS: Record<string, number> = { Mi: 1, Gi: 1024 };
const HEALTH_MS = 1_000;
const PAGE = 500;
const PAGES = 5;
const LOOK_MS = 100;

/** What a consumer took at most, in MiB. */
export interface Usage extends Peak {
  /** Of its memory. */
  limit: number;
  /** Files in its temporary folder. */
  disk: number;
}

interface Deployment {
  spec: {
    template: {
      spec: {
        containers: { resources: { limits: { memory: string } } }[];
        volumes: { name: string; emptyDir?: { sizeLimit?: string } }[];
      };
    };
  };
}

/** What the consumer's pod may take, as its manifest says, in MiB. */
export function podLimits(): { memory: number; disk: number } {
  const { spec } = (parse(readFileSync(DEPLOYMENT, 'utf8')) as Deployment).spec.template;
  const tmp = spec.volumes.find(({ name }) => name === 'tmp')!;
  return { memory: mebibytes(spec.containers[0]!.resources.limits.memory), disk: mebibytes(tmp.emptyDir!.sizeLimit!) };
}

function mebibytes(quantity: string): number {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity)!;
  return Number(number) * UNITS[unit!]!;
}

/** A consumer with the memory that its pod has, and not a byte more. It goes with the test. */
export class Pod {
  readonly url: string;
  readonly #limit: MemoryLimit;
  readonly #service: RunningService;
  readonly #looking: NodeJS.Timeout;
  #diskBytes = 0;

  private constructor(limit: MemoryLimit, service: RunningService) {
    this.#limit = limit;
    this.#service = service;
    this.url = service.url;
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
    void service.child.ended.then(() => clearInterval(this.#looking));
  }

  /** Starts one. Where its memory cannot be limited the test is not run, and says so. */
  static async start(
    context: TestContext,
    { brokers, env }: { brokers: string; env: Record<string, string> },
  ): Promise<Pod> {
    const { memory } = podLimits();
    const limit = MemoryLimit.make(memory);
    context.skip(!limit, 'it needs a memory cgroup, which only root on Linux may make');
    return new Pod(limit!, await startService('consumer', { brokers, env, through: limit!.through }));
  }

  /** Waits until it has loaded its topics. */
  async loaded(topics = 1): Promise<void> {
    await this.outlive(this.#service.child.says(new RegExp(`(?:topic is loaded[^]*){${topics}}`)));
  }

  /** Waits for something, unless it ends before. */
  outlive<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#fall()]);
  }

  get usage(): Usage {
    this.#look();
    return { ...this.#limit.peak, limit: podLimits().memory, disk: this.#diskBytes / MIB };
  }

  async #fall(): Promise<never> {
    const { code, signal } = await this.#service.child.ended;
    const { counted, limit } = this.usage;
    const kills = this.#limit.kills > 0 ? ', killed for want of memory' : '';
    throw new Error(
      `the consumer ended with ${code ?? signal}${kills}: it took ${Math.round(counted)} of ${limit} MiB`,
    );
  }

  /** Whether the first process is still there. */
  get isAlive(): boolean {
    return !this.#service.child.isOver && this.#limit.kills === 0;
  }

  /** The offsets of some pages, each as large as may be, from the newest message on. */
  async newestOffsets(topic: string): Promise<number[]> {
    const offsets: number[] = [];
    let before = '';
    for (let page = 0; page < PAGES; page += 1) {
      const response = await fetch(`${this.url}/api/topics/${topic}/messages?limit=${PAGE}${before}`);
      const { messages, next } = (await response.json()) as { messages: Message[]; next: string | null };
      offsets.push(...messages.map(({ offset }) => offset));
      if (next === null) break;
      before = `&before=${next}`;
    }
    return offsets;
  }

  /** Its temporary files have no names any more, so they are found where it holds them open. */
  #look(): void {
    this.#diskBytes = Math.max(this.#diskBytes, deletedBytes(this.#service.child.pid));
  }
}

/**
 * Expects that it is as well as before: answering at once, with a history that goes back from the last record without a
 * hole.
 */
export async function expectWell(pod: Pod, topic: string, lastOffset: number): Promise<void> {
  expect(pod.isAlive).toBe(true);
  const health = await fetch(`${pod.url}/healthz`, { signal: AbortSignal.timeout(HEALTH_MS) });
  expect(health.status).toBe(200);
  const offsets = await pod.newestOffsets(topic);
  expect(offsets.length).toBeGreaterThan(0);
  expect(offsets).toEqual(offsets.map((_, index) => lastOffset - index));
  expect(pod.isAlive).toBe(true);
  expect(pod.usage.disk).toBeLessThan(podLimits().disk);
}

function deletedBytes(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  try {
    const deleted = readdirSync(folder).filter((fd) => readlinkSync(`${folder}/${fd}`).endsWith(' (deleted)'));
    return deleted.reduce((sum, fd) => sum + statSync(`${folder}/${fd}`).size, 0);
  } catch {
    // It closed one, or ended, at this moment.
    return 0;
  }
}
