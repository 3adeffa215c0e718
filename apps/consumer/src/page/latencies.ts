import { element, setText } from './element.ts';
import { type Entry, latency } from './entry.ts';
import { type Bar, Plot, type Stretch } from './plot.ts';
import { Quantiles } from './quantiles.ts';
import { span } from './time.ts';

const WINDOW_MS = 300_000;
const BUCKET_MS = 10_000;

const said = element('latency-said');

/** The latency of what came live in the last 5 minutes, by half of it and by nearly all of it, for each 10 s. */
export class Latencies {
  readonly #now: () => number;
  readonly #plot = new Plot('latency-plot', span);
  readonly #buckets = new Map<number, Quantiles>();
  /** When nothing could come. */
  #unseen: Stretch[] = [{ from: -Infinity, to: Infinity }];

  /** @param now tells the time, in milliseconds since the Unix epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes in messages, of which those that came live tell a latency. */
  add(entries: Entry[]): void {
    for (const entry of entries) {
      const ms = latency(entry);
      if (ms === null) continue;
      const from = Math.floor(entry.receivedAt! / BUCKET_MS) * BUCKET_MS;
      let bucket = this.#buckets.get(from);
      if (!bucket) this.#buckets.set(from, (bucket = new Quantiles()));
      bucket.add(ms);
    }
  }

  /** Says from when on nothing was heard, in milliseconds since the Unix epoch; null when live messages come again. */
  setUnseen(fromMs: number | null): void {
    const last = this.#unseen.at(-1);
    const isOpen = last?.to === Infinity;
    if (fromMs === null && isOpen) last.to = this.#now();
    else if (fromMs !== null && !isOpen) this.#unseen.push({ from: fromMs, to: Infinity });
  }

  /** Forgets the topic. */
  clear(): void {
    this.#buckets.clear();
    this.#unseen = [{ from: -Infinity, to: this.#unseen.at(-1)?.to === Infinity ? Infinity : this.#now() }];
  }

  /** Draws what is known now. */
  draw(): void {
    const to = this.#now();
    const from = to - WINDOW_MS;
    for (const start of this.#buckets.keys()) if (start + BUCKET_MS < from) this.#buckets.delete(start);
    this.#unseen = this.#unseen.filter((stretch) => stretch.to > from);
    const [half, most] = [this.#bars(0.5), this.#bars(0.95)];
    this.#plot.draw({ from, to, bars: half, behind: most, unseen: this.#unseen });
    const [p50, p95] = [half.at(-1), most.at(-1)];
    setText(said, p50 && p95 ? `p50 ${span(p50.value)} · p95 ${span(p95.value)}` : 'nothing came live yet');
  }

  #bars(share: number): Bar[] {
    return [...this.#buckets].map(([from, values]) => ({ from, to: from + BUCKET_MS, value: values.at(share) }));
  }
}
