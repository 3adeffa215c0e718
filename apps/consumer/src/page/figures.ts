import type { CatchUp, Welcome } from '../live/server-events.ts';
import { Countdown } from './countdown.ts';
import type { Entry } from './entry.ts';
import { Heading } from './heading.ts';
import { Histogram, type HistogramOptions } from './histogram.ts';
import { Latencies } from './latencies.ts';
import { hearsAll, type State } from './state.ts';
import { Tiles } from './tiles.ts';

/** The figures and plots of a topic. */
export class Figures {
  readonly #now: () => number;
  readonly #countdown = new Countdown();
  readonly #tiles = new Tiles();
  readonly #heading = new Heading();
  readonly #histogram: Histogram;
  readonly #latencies: Latencies;
  /** When the next broadcast of a topic is due, in milliseconds since the Unix epoch, where the server knows it. */
  #due: Record<string, number> = {};

  constructor(options: HistogramOptions) {
    this.#now = options.now;
    this.#histogram = new Histogram(options);
    this.#latencies = new Latencies(options.now);
  }

  /** Takes in what the server says of all topics. One of another version may not say it. */
  welcome({ due, retentionMs }: Partial<Welcome>): void {
    this.#due = due ?? {};
    this.#heading.keep(retentionMs);
  }

  /** Takes in how a topic stands. Who hears only some of its messages cannot count on from there. */
  show({ topic, total, partitions }: CatchUp, state: State): void {
    this.#heading.show(state.search ? { topic, partitions } : { topic, total, partitions });
    this.load(topic, state);
  }

  /** Gets the counts of the topic's history: all of it, or of the range that somebody chose. */
  load(topic: string, { view }: State): void {
    this.#histogram.load(topic, view.kind === 'range' ? view : undefined);
  }

  /** Takes in the newest message of the history, if there is any, on which the live ones follow. */
  follow(topic: string, entry: Entry | undefined): void {
    if (entry) this.#countdown.follow(entry);
    if (entry) this.#tiles.follow(entry);
    this.#countdown.expect(this.#due[topic], this.#now());
  }

  /** Takes in messages that arrived live, or were missed and came then, oldest first. */
  add(entries: Entry[], { paused, search }: State): void {
    this.#countdown.follow(entries.at(-1)!);
    for (const part of [this.#tiles, this.#latencies]) part.add(entries);
    if (!search) for (const part of [this.#heading, this.#histogram]) part.add(entries);
    if (!paused) this.#tiles.draw();
  }

  /** Takes in whether the topic's messages are heard. */
  hear(state: State): void {
    this.#latencies.setUnseen(state.connection.kind === 'live' ? null : this.#now());
    this.#histogram.setUnseen(hearsAll(state) ? null : this.#now());
  }

  /** Brings the countdown up to date. */
  tick(state: State): void {
    this.#countdown.tick(this.#now(), hearsAll(state));
  }

  draw(state: State): void {
    this.tick(state);
    for (const part of [this.#tiles, this.#heading, this.#histogram, this.#latencies]) part.draw();
  }

  /** Forgets the topic. */
  clear(): void {
    for (const part of [this.#countdown, this.#tiles, this.#heading, this.#histogram, this.#latencies]) part.clear();
  }
}
