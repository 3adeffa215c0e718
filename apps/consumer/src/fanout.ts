import { lengthOf, type Message } from './message.ts';

/** What is in one packet at most, so that a burst does not become one packet that takes a client long to get and to parse. */
const BATCH = { messages: 500, bytes: 128 * 1024 };
/** Bytes of a message's JSON beside its text, its key and its headers, about. */
const FIELDS_BYTES = 250;
/**
 * The rest after a batch: so many times what it took to send it, but no longer than that both together take so long. It stays below
 * the tenth of a second up to which people take something for instantaneous. @see https://www.nngroup.com/articles/response-times-3-important-limits/
 */
const REST = { times: 8, limitMs: 75 };

/** Sends messages, of which the first waited so long here, in milliseconds. */
type Send = (topic: string, messages: Message[], waitedMs: number) => void;

interface Gathered {
  messages: Message[];
  since: number;
  /** Settles when nothing of the topic is gathered any more. */
  gone: PromiseWithResolvers<void>;
}

/**
 * Sends messages out in batches. What comes in its own time goes out at once; what comes while a batch is going out, or soon
 * after, is gathered and goes out together. So a batch is encoded once for everyone and is one write for each client, an idle
 * system adds no delay, and a busy one spends a bounded share of its time on sending.
 */
export class Fanout {
  readonly #send: Send;
  readonly #gathered = new Map<string, Gathered>();
  #goingOut: NodeJS.Timeout | undefined;

  /** @param send sends one batch of a topic to everyone who watches it. */
  constructor(send: Send) {
    this.#send = send;
  }

  push(topic: string, messages: Message[]): void {
    if (messages.length === 0) return;
    const gathered = this.#gathered.getOrInsertComputed(topic, () => ({
      messages: [],
      since: performance.now(),
      gone: Promise.withResolvers<void>(),
    }));
    gathered.messages.push(...messages);
    if (!this.#goingOut) this.#sendBatches();
  }

  /** Resolves when there is room for more of a topic. Whoever has many waits for it, so that what is gathered stays small. */
  async whenRoom(topic: string): Promise<void> {
    const gathered = this.#gathered.get(topic);
    if (gathered && batchSize(gathered.messages) < gathered.messages.length) await gathered.gone.promise;
  }

  /** Sends at once what is gathered for a topic. */
  flush(topic: string): void {
    while (this.#gathered.has(topic)) this.#sendBatch(topic);
  }

  /** Forgets what is gathered for a topic. */
  clear(topic: string): void {
    this.#gathered.get(topic)?.gone.resolve();
    this.#gathered.delete(topic);
  }

  close(): void {
    clearTimeout(this.#goingOut);
    for (const topic of [...this.#gathered.keys()]) this.clear(topic);
  }

  /** Sends a batch of each topic, and what is left after a rest. */
  #sendBatches(): void {
    const start = performance.now();
    for (const topic of [...this.#gathered.keys()]) this.#sendBatch(topic);
    const tookMs = performance.now() - start;
    // What came together is already late: others get their turn, and it goes on.
    const restMs = this.#gathered.size > 0 ? 0 : Math.max(0, Math.min(REST.limitMs - tookMs, REST.times * tookMs));
    this.#goingOut = setTimeout(() => {
      this.#goingOut = undefined;
      if (this.#gathered.size > 0) this.#sendBatches();
    }, restMs);
  }

  #sendBatch(topic: string): void {
    const gathered = this.#gathered.get(topic)!;
    const { messages, since } = gathered;
    const size = batchSize(messages);
    if (size === messages.length) this.clear(topic);
    else gathered.messages = messages.slice(size);
    this.#send(topic, messages.slice(0, size), performance.now() - since);
  }
}

/** How many of the first messages make up a batch; one at least. */
function batchSize(messages: Message[]): number {
  let bytes = 0;
  for (const [index, message] of messages.entries()) {
    bytes += lengthOf(message) + FIELDS_BYTES;
    if (index > 0 && (index === BATCH.messages || bytes > BATCH.bytes)) return index;
  }
  return messages.length;
}
