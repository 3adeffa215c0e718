import { LATENCY_BUCKETS } from '@hello/service';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Message } from './history/index.ts';
import type { Instant } from './instant.ts';

/** How many messages are noted, where nobody asks, before they are put into the histograms. */
const MOST_NOTED = 1_000;
/** Nothing is held for so long, in milliseconds: the time at which such a broadcast was due is not one. */
const LONGEST_APPEND = 24 * 3_600_000;

/** The hops of a message, in milliseconds; of one that is no broadcast, or of a wrong clock, only the last is known. */
interface Noted {
  known: { append: number; read: number } | undefined;
  send: number;
}

/**
 * Notes how long broadcasts are on their way, from when they were due until all who watch were sent them: the whole
 * way, and its hops, which add up to it. The times are of up to three clocks: the producer's, that of whoever gave the
 * record its timestamp, and this machine's. Where they show a hop that ends before it begins, a clock is wrong, and
 * nobody knows by how much: such a broadcast is counted, and its times are not, since 0 would hide it, and a sum that
 * falls would pass for a restart.
 */
export class Latency {
  readonly #whole: Histogram;
  readonly #hops: Histogram<'hop'>;
  readonly #skewed: Counter<'hop'>;
  /** Put into the histograms many at a time: for a message that comes alone each of them is 20 µs of cold code. */
  #noted: Noted[] = [];

  constructor(registry: Registry) {
    const registers = [registry];
    const collect = (): void => this.#observeNoted();
    this.#whole = new Histogram({
      name: 'live_latency_seconds',
      help: 'Time from when a broadcast was due until all who watch were sent it, of the first one in each batch',
      buckets: LATENCY_BUCKETS,
      registers,
      collect,
    });
    this.#hops = new Histogram({
      name: 'live_hop_latency_seconds',
      help: 'The same by hop: append, until it was in the log; read, until it was in the history; send, the rest',
      labelNames: ['hop'],
      buckets: LATENCY_BUCKETS,
      registers,
      collect,
    });
    this.#skewed = new Counter({
      name: 'live_skewed_total',
      help: 'Broadcasts whose times are in no order, by the hop that ends before it begins: the clock it begins by is ahead',
      labelNames: ['hop'],
      registers,
    });
    // A rate is known only of what was 0 before.
    for (const hop of ['append', 'read', 'send']) this.#hops.zero({ hop });
    for (const hop of ['append', 'read']) this.#skewed.inc({ hop }, 0);
  }

  /**
   * Notes a message that was sent just now.
   *
   * @param read when it was read.
   */
  note(message: Message, read: Instant): void {
    const send = performance.now() - read.since;
    this.#noted.push({ known: this.#hopsOf(message, read.at), send });
    if (this.#noted.length === MOST_NOTED) this.#observeNoted();
  }

  #hopsOf({ dueAt, timestamp, timestampType }: Message, readAt: number): Noted['known'] {
    if (dueAt === null || timestampType === 'unknown') return undefined;
    const append = timestamp - dueAt;
    if (append > LONGEST_APPEND) return undefined;
    const read = readAt - timestamp;
    if (append >= 0 && read >= 0) return { append, read };
    this.#skewed.inc({ hop: append < 0 ? 'append' : 'read' });
    return undefined;
  }

  #observeNoted(): void {
    for (const { known, send } of this.#noted) {
      this.#hops.observe({ hop: 'send' }, send / 1000);
      if (!known) continue;
      this.#hops.observe({ hop: 'append' }, known.append / 1000);
      this.#hops.observe({ hop: 'read' }, known.read / 1000);
      this.#whole.observe((known.append + known.read + send) / 1000);
    }
    this.#noted = [];
  }
}
