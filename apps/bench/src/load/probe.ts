import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { clock } from '../clock.ts';
import { percentile } from '../statistics.ts';

const EVERY_MS = 50;

/** How long a path took to be answered, in milliseconds. */
export interface Probed {
  asked: number;
  /** Answers other than 200, and none at all. */
  failed: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/**
 * Asks for a path 20 times a second, whether the question before is answered or not: a server that stands still for a
 * second lets twenty wait, and each of them counts.
 */
export class Probe {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #answers: Promise<void>[] = [];
  readonly #latencies: number[] = [];
  #failed = 0;
  #isOver = false;
  readonly #asking: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#asking = this.#ask();
  }

  /** Waits for the answers to all that was asked. */
  async finish(): Promise<Probed> {
    this.#isOver = true;
    await this.#asking;
    await Promise.all(this.#answers);
    this.#agent.destroy();
    return {
      asked: this.#answers.length,
      failed: this.#failed,
      p50Ms: percentile(this.#latencies, 0.5),
      p99Ms: percentile(this.#latencies, 0.99),
      maxMs: Math.max(...this.#latencies),
    };
  }

  async #ask(): Promise<void> {
    for (let due = clock(); !this.#isOver; due += EVERY_MS) {
      await sleep(Math.max(0, due - clock()));
      this.#answers.push(this.#askOnce());
    }
  }

  async #askOnce(): Promise<void> {
    const before = clock();
    try {
      const [response] = (await once(get(this.#url, { agent: this.#agent }), 'response')) as [IncomingMessage];
      await once(response.resume(), 'end');
      if (response.statusCode !== 200) this.#failed += 1;
    } catch {
      this.#failed += 1;
    }
    this.#latencies.push(clock() - before);
  }
}
