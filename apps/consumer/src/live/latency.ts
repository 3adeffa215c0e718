import type { Message } from '../history/index.ts';
import type { LiveMetrics } from '../metrics.ts';
import type { Pushed } from './fanout.ts';

/**
 * Notes how long broadcasts are on their way, from when they were due until all who watch were sent them: the whole
 * way, and its hops, which add up to it. The times are of up to three clocks: the producer's, that of whoever gave the
 * record its timestamp, and this machine's. Where they show a hop that ends before it begins, a clock is wrong, and
 * nobody knows by how much: such a broadcast is counted, and its times are not, since 0 would hide it, and a sum that
 * falls would pass for a restart.
 */
export class Latency {
  readonly #metrics: LiveMetrics;
  readonly #append;
  readonly #read;
  readonly #send;

  constructor(metrics: LiveMetrics) {
    this.#metrics = metrics;
    // A rate is known only of what was 0 before.
    for (const hop of ['append', 'read', 'send']) metrics.hopLatency.zero({ hop });
    for (const hop of ['append', 'read']) metrics.skewed.inc({ hop }, 0);
    this.#append = metrics.hopLatency.labels('append');
    this.#read = metrics.hopLatency.labels('read');
    this.#send = metrics.hopLatency.labels('send');
  }

  /** Notes a message that was sent just now. Of one that is no broadcast, only the last hop can be told. */
  note({ dueAt, timestamp, timestampType }: Message, { at: readAt, since }: Pushed): void {
    const sendMs = performance.now() - since;
    this.#send.observe(sendMs / 1000);
    if (dueAt === null || timestampType === 'unknown') return;
    const appendMs = timestamp - dueAt;
    const readMs = readAt - timestamp;
    if (appendMs < 0 || readMs < 0) {
      this.#metrics.skewed.inc({ hop: appendMs < 0 ? 'append' : 'read' });
      return;
    }
    this.#append.observe(appendMs / 1000);
    this.#read.observe(readMs / 1000);
    this.#metrics.latency.observe((appendMs + readMs + sendMs) / 1000);
  }
}
