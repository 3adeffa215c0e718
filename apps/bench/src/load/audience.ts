import { epoch } from '../clock.ts';
import { type Account, Ledger } from '../ledger.ts';
import type { Course } from '../pace.ts';
import { Client } from './client.ts';
import { dialects } from './dialect.ts';

/** What a message says of its way here. Times are whole milliseconds since the Unix epoch. */
export interface Said {
  sequence: number;
  offset: number;
  /** When the producer was to say it, and when it did. */
  dueAt: number;
  sentAt: number;
  /** When Kafka had it. */
  timestamp: number;
}

/** What came of some messages. */
export interface Heard extends Account {
  messages: Said[];
  /** The sequence of the first message. */
  first: number;
  /** When each client got each message, by `epoch`: those of the first message first. Not a number where it did not. */
  arrivals: Float64Array;
}

/** A batch as it comes over the wire: what Socket.IO puts before an event's JSON, and the event. */
const BATCH = '42["messages",';
/** Where the JSON of an event begins. */
const EVENT = BATCH.indexOf('[');

/** Many clients of a consumer who note when each of them gets each message. */
export class Audience {
  readonly #clients: Client[] = [];
  readonly #port: number;
  #first = 0;
  #count = 0;
  #ledger = new Ledger(0, 0, 0);
  #messages = new Map<number, Said>();
  #arrivals = new Float64Array();
  #complete = Promise.withResolvers<void>();
  /** The text that came last and its messages: all clients get the same, so it is read once. */
  #seen = Buffer.alloc(0);
  #said: Said[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Connects so many clients, one after the other. */
  async connect(count: number): Promise<void> {
    while (this.#clients.length < count) {
      const index = this.#clients.length;
      const client = new Client({
        port: this.#port,
        dialect: dialects.ours,
        onMessages: (bytes, start, end) => this.#take(index, bytes.subarray(start, end)),
        onBytes: () => {},
        // What it does not get any more is missing.
        onLost: () => {},
      });
      this.#clients.push(client);
      await client.ready();
    }
  }

  /** Counts from now on what comes of these messages. */
  expect({ first, count }: Pick<Course, 'first' | 'count'>): void {
    [this.#first, this.#count] = [first, count];
    this.#ledger = new Ledger(this.#clients.length, first, count);
    this.#messages = new Map();
    this.#arrivals = new Float64Array(count * this.#clients.length).fill(Number.NaN);
    this.#complete = Promise.withResolvers();
  }

  /** What came of the messages: as soon as all are there, or after some time. */
  async finish(timeoutMs: number): Promise<Heard> {
    const timeout = setTimeout(this.#complete.resolve, timeoutMs);
    await this.#complete.promise;
    clearTimeout(timeout);
    const messages = [...this.#messages.values()];
    return { ...this.#ledger.account(), messages, first: this.#first, arrivals: this.#arrivals };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #take(client: number, bytes: Buffer): void {
    const now = epoch();
    if (!bytes.equals(this.#seen)) {
      const text = bytes.toString();
      if (!text.startsWith(BATCH)) return;
      this.#seen = Buffer.from(bytes);
      this.#said = (JSON.parse(text.slice(EVENT)) as [string, { messages: Said[] }])[1].messages;
    }
    for (const message of this.#said) {
      if (!this.#ledger.take(client, message.sequence)) continue;
      this.#messages.set(message.sequence, message);
      this.#arrivals[(message.sequence - this.#first) * this.#clients.length + client] = now;
    }
    if (this.#count > 0 && this.#ledger.complete) this.#complete.resolve();
  }
}
