import { Counts, type CountsAnswer } from './counts.ts';
import { element, setText } from './element.ts';
import type { Entry } from './entry.ts';
import { HistogramCursor } from './histogram-cursor.ts';
import { fetchJson, topicUrl } from './history-page.ts';
import { Plot, type Stretch } from './plot.ts';
import { plural } from './text.ts';
import { roundSpan } from './ticks.ts';
import { absolute } from './time.ts';

/** Time between two questions for the same at least, in milliseconds: many pages ask, and a line may come and go. */
const REST_MS = 10_000;
/** Time until it is asked again by itself, because time went on or the last answer did not come. */
const KEEP_MS = 60_000;

export interface HistogramOptions {
  /** Tells the time, in milliseconds since the Unix epoch. */
  now: () => number;
  /** Somebody wants to go to a moment, in milliseconds since the Unix epoch. */
  onSeek: (ms: number) => void;
  /** Somebody wants to see a stretch of time, in milliseconds since the Unix epoch. */
  onRange: (fromMs: number, toMs: number) => void;
}

/** A stretch of time that somebody chose, in milliseconds since the Unix epoch; null where it has no such end. */
export interface Range {
  from: number | null;
  to: number | null;
}

const title = element('histogram-title');
const said = element('histogram-said');

/** How many messages the whole history of a topic has, over time. It asks for the counts; plot.ts draws them. */
export class Histogram {
  readonly #now: () => number;
  readonly #plot = new Plot('histogram', (value) => value.toLocaleString('en'));
  readonly #cursor: HistogramCursor;
  #topic = '';
  #range: Range | undefined;
  #counts: Counts | undefined;
  #wrong: string | undefined;
  /** From when on nothing was heard. It stays until the server has counted that, too. */
  #unseenFrom: number | undefined;
  #isLost = false;
  #askedAt = -Infinity;
  #question: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ now, onSeek, onRange }: HistogramOptions) {
    this.#now = now;
    this.#cursor = new HistogramCursor(this.#plot, { onSeek, onRange, onMove: () => this.#tell() });
  }

  /** Asks the server for a topic's counts: of the whole history, or of a range. */
  load(topic: string, range?: Range): void {
    if (topic !== this.#topic || range?.from !== this.#range?.from || range?.to !== this.#range?.to) this.clear();
    this.#topic = topic;
    this.#range = range;
    this.#askIn(this.#askedAt + REST_MS - performance.now());
  }

  /** Counts those messages that came live. The server has counted all others. */
  add(entries: Entry[]): void {
    const counts = this.#counts;
    if (!counts) return;
    const now = this.#now();
    for (const { message, receivedAt } of entries) {
      if (receivedAt === null) continue;
      // A clock may be a little ahead of the server's.
      counts.follow(Math.min(Math.max(message.timestamp, now), now + counts.bucketMs));
      counts.add(message.timestamp);
    }
  }

  /** Says from when on nothing was heard, in milliseconds since the Unix epoch; null when live messages come again. */
  setUnseen(fromMs: number | null): void {
    this.#isLost = fromMs !== null;
    if (fromMs !== null) this.#unseenFrom ??= fromMs;
  }

  /** Forgets the topic. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#question?.abort();
    this.#topic = '';
    this.#range = undefined;
    this.#counts = undefined;
    this.#wrong = undefined;
    this.#unseenFrom = undefined;
    this.#askedAt = -Infinity;
    this.#cursor.clear();
    this.draw();
  }

  /** Draws what is known now. */
  draw(): void {
    const now = this.#now();
    this.#counts?.follow(now);
    this.#plot.draw(this.#counts ? this.#picture(this.#counts, now) : { from: now - 1, to: now, bars: [], unseen: [] });
    this.#cursor.show(this.#counts);
    this.#tell();
    const isOld = this.#counts?.isOld(now) && performance.now() - this.#askedAt > KEEP_MS;
    if (isOld && this.#wrong === undefined) this.#askIn(0);
  }

  #picture(counts: Counts, now: number) {
    const { from, to, bars, since } = counts;
    const unseen: Stretch[] = [];
    if (since !== null) unseen.push({ from, to: since });
    if (this.#unseenFrom !== undefined) unseen.push({ from: this.#unseenFrom, to: now });
    return { from, to, bars, unseen };
  }

  #askIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, ms));
  }

  async #ask(): Promise<void> {
    this.#question?.abort();
    const { signal } = (this.#question = new AbortController());
    this.#askedAt = performance.now();
    const heardUntil = this.#now();
    const { from = null, to = null } = this.#range ?? {};
    const query = { from: from?.toString(), to: to?.toString() };
    try {
      const answer = await fetchJson<CountsAnswer>(topicUrl(this.#topic, 'histogram', query), signal);
      this.#counts = new Counts(answer, to === null);
      this.#wrong = undefined;
      this.#unseenFrom = this.#isLost ? heardUntil : undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.#wrong = `could not be counted: ${(error as Error).message}`;
      // Who has no answer need not wait when there is a reason to ask.
      this.#askedAt = -Infinity;
      this.#askIn(KEEP_MS);
    }
    this.draw();
  }

  /** Says in words what is drawn, and what is pointed at. */
  #tell(): void {
    const counts = this.#counts;
    setText(title, counts ? `Messages in ${roundSpan(counts.bucketMs)}` : 'Messages');
    const { stretch } = this.#cursor;
    const words = counts && stretch ? this.#describe(counts, stretch) : this.#summary();
    setText(said, this.#wrong ?? words);
    const { element: plot } = this.#plot;
    if (!counts) return;
    const last = Math.round((counts.to - counts.from) / counts.bucketMs) - 1;
    const at = stretch ? Math.round((stretch.from - counts.from) / counts.bucketMs) : last;
    const values = { valuemax: last, valuenow: at, valuetext: words };
    // A reader says them when they change. Nobody wants to hear each message that way.
    if (stretch || document.activeElement !== plot)
      for (const [name, value] of Object.entries(values)) plot.setAttribute(`aria-${name}`, String(value));
  }

  #describe(counts: Counts, { from, to }: Stretch): string {
    const count = counts.between({ from, to });
    const isPart = (counts.since ?? -Infinity) > from || (this.#unseenFrom ?? Infinity) < to;
    const words = `${this.#times(from, to)}: ${plural(count, 'message')}`;
    return isPart ? `${words}, but not all was seen` : words;
  }

  #summary(): string {
    const counts = this.#counts;
    if (!counts) return '…';
    const { from, to, within, before, after } = counts;
    if (within + before + after === 0) return 'nothing yet';
    const outside = [
      before > 0 ? `${before.toLocaleString('en')} before` : '',
      after > 0 ? `${after.toLocaleString('en')} after` : '',
    ];
    return [`${plural(within, 'message')}, ${this.#times(from, to)}`, ...outside].filter(Boolean).join(', ');
  }

  #times(from: number, to: number): string {
    const now = this.#now();
    return `${absolute(from, now)} to ${to > now ? 'now' : absolute(to, now)}`;
  }
}
