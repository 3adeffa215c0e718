import { lengthOf, type Message } from '../history/index.ts';
import { type Instant, thisInstant } from '../instant.ts';
import { Utilization } from './utilization.ts';

/**
 * What is in one packet at most, so that a burst does not become one packet that takes a client long to get and to
 * parse.
 */
const BATCH = { messages: 500, bytes: 128 * 1024 };
/** Bytes of a message's JSON beside its text, its key and its headers, about. */
const FIELDS_BYTES = 250;
/**
 * The rest after a batch: so many times what it took to send it, but no longer than `shortMs` while there is processor
 * to spare, and while it is scarce no longer than that both together take `limitMs`. That stays below the tenth of a
 * second up to which people take something for instantaneous. @see
 * https://www.nngroup.com/articles/response-times-3-important-limits/
 */
const REST = { times: 8, shortMs: 10, limitMs: 75 };
/**
 * How busy the event loop is, as a share of 1, where the rest begins to be longer than short, and where it is the
 * longest.
 */
const BUSY = { from: 1 / 2, to: 2 / 3 };

/** Sends messages, of which the first was pushed then. */
type Send = (topic: string, messages: Message[], pushed: Instant) => void;

interface Gathered {
  messages: Message[];
  /** When they were pushed, in order, and how many messages there were with these. */
  pushes: (Instant & { end: number })[];
  /** Settles when nothing of the topic is gathered any more. */
  gone: PromiseWithResolvers<void>;
}

/**
 * Sends messages out in batches. What comes in its own time goes out at once; what comes while a batch is going out, or
 * soon after, is gathered and goes out together. So a batch is encoded once for everyone and is one write for each
 * client. How soon after depends on how busy the process is: an idle one adds no delay to what comes alone, and a busy
 * one spends a bounded share of its time on sending.
 */
export class Fanout {
  readonly #send: Send;
  readonly #utilization: Pick<Utilization, 'share'>;
  readonly #gathered = new Map<string, Gathered>();
  /** Whether what is gathered will go out by itself. */
  #isGoingOut = false;
  /** When the rest after the last batch is over, by `performance.now`. */
  #restUntil = 0;
  #isClosed = false;

  /** @param send sends one batch of a topic to everyone who watches it. */
  constructor(send: Send, utilization: Pick<Utilization, 'share'> = new Utilization()) {
    this.#send = send;
    this.#utilization = utilization;
  }

  push(topic: string, messages: Message[]): void {
    if (messages.length === 0 || this.#isClosed) return;
    const gathered = this.#gathered.getOrInsertComputed(topic, () => ({
      messages: [],
      pushes: [],
      gone: Promise.withResolvers<void>(),
    }));
    gathered.messages.push(...messages);
    gathered.pushes.push({ ...thisInstant(), end: gathered.messages.length });
    if (!this.#isGoingOut) this.#goOut();
  }

  /**
   * Resolves when there is room for more of a topic. Whoever has many waits for it, so that what is gathered stays
   * small.
   */
  async whenDrained(topic: string): Promise<void> {
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
    this.#isClosed = true;
    for (const topic of [...this.#gathered.keys()]) this.clear(topic);
  }

  /** Sends what is gathered, now or when the rest is over. */
  #goOut(): void {
    this.#isGoingOut = this.#gathered.size > 0;
    if (!this.#isGoingOut) return;
    const restMs = Math.ceil(this.#restUntil - performance.now());
    if (restMs > 0) setTimeout(() => this.#goOut(), restMs);
    else this.#sendBatches();
  }

  /** Sends a batch of each topic. */
  #sendBatches(): void {
    const start = performance.now();
    for (const topic of [...this.#gathered.keys()]) this.#sendBatch(topic);
    const end = performance.now();
    // What came together is already late.
    this.#restUntil = this.#gathered.size > 0 ? end : end + this.#restAfter(end - start);
    // Others get their turn, and it goes on. A timer for the rest is made only if something comes: it would wake an
    // idle process.
    setImmediate(() => this.#goOut());
  }

  #restAfter(tookMs: number): number {
    const longestMs = Math.max(0, Math.min(REST.times * tookMs, REST.limitMs - tookMs));
    const shortMs = Math.min(REST.shortMs, longestMs);
    const scarcity = (this.#utilization.share - BUSY.from) / (BUSY.to - BUSY.from);
    return shortMs + Math.max(0, Math.min(1, scarcity)) * (longestMs - shortMs);
  }

  #sendBatch(topic: string): void {
    const gathered = this.#gathered.get(topic)!;
    const { messages, pushes } = gathered;
    const size = batchSize(messages);
    if (size === messages.length) {
      this.clear(topic);
    } else {
      gathered.messages = messages.slice(size);
      gathered.pushes = pushesAfter(size, pushes);
    }
    this.#send(topic, messages.slice(0, size), pushes[0]!);
  }
}

/** The pushes of what is left without the first messages. */
function pushesAfter(size: number, pushes: Gathered['pushes']): Gathered['pushes'] {
  return pushes.filter(({ end }) => end > size).map((pushed) => ({ ...pushed, end: pushed.end - size }));
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
