import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often the loop is to come by. What is between two of these is not a delay. */
const RESOLUTION_MS = 1;
/** Until a stretch that has just ended is in the figures. */
const SETTLE_MS = 5;

/** The longest time for which an event loop stood still, in milliseconds. */
export interface Stretch {
  /** By the wall's clock, which counts what other processes took of the machine meanwhile. */
  wallMs: number;
  /**
   * The most that its thread worked without letting the loop go on: without what others took, and without waiting for a
   * disk.
   */
  cpuMs: number;
}

/** Watches the event loop of this process. That begins with it, and again with `reset`. */
export class Stretches {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #cpuMs = 0;
  #lastMs = threadMs();

  constructor() {
    this.#delays.enable();
    setInterval(() => {
      const now = threadMs();
      this.#cpuMs = Math.max(this.#cpuMs, now - this.#lastMs);
      this.#lastMs = now;
    }, RESOLUTION_MS).unref();
  }

  reset(): void {
    this.#delays.reset();
    this.#cpuMs = 0;
  }

  /** The longest one since the beginning. */
  async longest(): Promise<Stretch> {
    await sleep(SETTLE_MS);
    return { wallMs: Math.max(0, this.#delays.max / 1e6 - RESOLUTION_MS), cpuMs: this.#cpuMs };
  }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
