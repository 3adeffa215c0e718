import { performance } from 'node:perf_hooks';

/**
 * Milliseconds over which it is averaged, about. A batch and the rest after it are shorter, so that one follows the
 * other calmly.
 */
const AVERAGED_MS = 500;

/**
 * How much of its time the event loop is busy, lately. That is not the processor time of the process: what others take
 * of the processor, or a limit keeps from it, while there is something to do here counts as busy, too.
 */
export class Utilization {
  #last = performance.eventLoopUtilization();
  #average = 0;

  /** A share of 1. Costs a microsecond, and nothing while nobody asks. */
  get share(): number {
    const now = performance.eventLoopUtilization();
    const { idle, active, utilization } = performance.eventLoopUtilization(now, this.#last);
    this.#last = now;
    this.#average += (utilization - this.#average) * (1 - Math.exp(-(idle + active) / AVERAGED_MS));
    return this.#average;
  }
}
