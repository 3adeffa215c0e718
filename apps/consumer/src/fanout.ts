import type { Message } from './message.ts';

/** Messages in one packet at most, so that a burst does not become one packet that takes a client long to parse. */
const BATCH_LIMIT = 500;
/**
 * The rest after a batch: so many times what it took to send it, but no longer than that both together take so long. It stays below
 * the tenth of a second up to which people take something for instantaneous. @see https://www.nngroup.com/articles/response-times-3-important-limits/
 */
const REST = { times: 8, limitMs: 75 };

/**
 * Sends messages out in batches. What comes in its own time goes out at once; what comes while a batch is going out, or soon
 * after, is gathered and goes out together. So a batch is encoded once for everyone and is one write for each client, an idle
 * system adds no delay, and a busy one spends a bounded share of its time on sending.
 */
export class Fanout {
  readonly #send: (topic: string, messages: Message[]) => void;
  readonly #gathered = new Map<string, Message[]>();
  #goingOut: NodeJS.Timeout | undefined;

  /** @param send sends one batch of a topic to everyone who watches it. */
  constructor(send: (topic: string, messages: Message[]) => void) {
    this.#send = send;
  }

  push(topic: string, messages: Message[]): void {
    if (messages.length === 0) return;
    this.#gathered.set(topic, [...(this.#gathered.get(topic) ?? []), ...messages]);
    if (!this.#goingOut) this.#flushAll();
  }

  /** Sends at once what is gathered for a topic. */
  flush(topic: string): void {
    const messages = this.#gathered.get(topic) ?? [];
    this.#gathered.delete(topic);
    for (let start = 0; start < messages.length; start += BATCH_LIMIT) {
      this.#send(topic, messages.slice(start, start + BATCH_LIMIT));
    }
  }

  /** Forgets what is gathered for a topic. */
  clear(topic: string): void {
    this.#gathered.delete(topic);
  }

  close(): void {
    clearTimeout(this.#goingOut);
  }

  #flushAll(): void {
    const start = performance.now();
    for (const topic of [...this.#gathered.keys()]) this.flush(topic);
    const tookMs = performance.now() - start;
    const restMs = Math.max(0, Math.min(REST.limitMs - tookMs, REST.times * tookMs));
    this.#goingOut = setTimeout(() => {
      this.#goingOut = undefined;
      if (this.#gathered.size > 0) this.#flushAll();
    }, restMs);
  }
}
