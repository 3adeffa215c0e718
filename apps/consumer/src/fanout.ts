import type { Message } from './message.ts';

/** Messages in one packet at most, so that a burst does not become one packet that takes a client long to parse. */
const BATCH_LIMIT = 500;

/**
 * Sends messages out in batches. What comes while nothing is going out goes out at once; what comes while a batch is going out
 * is gathered and goes out together after it. So a batch is encoded once for everyone, and an idle system adds no delay.
 */
export class Fanout {
  readonly #send: (topic: string, messages: Message[]) => void;
  readonly #gathered = new Map<string, Message[]>();
  #goingOut: NodeJS.Immediate | undefined;

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
    clearImmediate(this.#goingOut);
  }

  #flushAll(): void {
    for (const topic of [...this.#gathered.keys()]) this.flush(topic);
    // By the next turn of the event loop the writes of this batch were handed to the system.
    this.#goingOut = setImmediate(() => {
      this.#goingOut = undefined;
      if (this.#gathered.size > 0) this.#flushAll();
    });
  }
}
