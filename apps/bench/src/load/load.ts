import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Certificate } from '../certificate.ts';
import { clock } from '../clock.ts';
import { Histogram, type Latencies } from '../histogram.ts';
import { type Account, Ledger } from '../ledger.ts';
import type { Course } from '../pace.ts';
import { Client } from './client.ts';
import { type Dialect, findMessages, type Sent } from './dialect.ts';

/** Connections that are being made at the same time: fewer than any server's backlog. */
const AT_ONCE = 64;

/** Clients that come from one address: it has 28,000 ports, and ours takes 20,000 connections of one. */
const PER_ADDRESS = 10_000;

/** The server that a load is for. */
export interface Target {
  port: number;
  dialect: Dialect;
  /** Where it speaks TLS. */
  certificate?: Certificate | undefined;
}

/** What became of some messages. */
export interface Delivery extends Account, Latencies {
  /** Everything that came over the wire, for all clients. */
  bytes: number;
  /** Connections that ended though nobody wanted it. */
  lost: number;
}

/** Many clients of one server, who all should get every message. */
export class Load {
  readonly #port: number;
  readonly #dialect: Dialect;
  readonly #trust: SecureContext | undefined;
  readonly #clients: Client[] = [];
  #ledger = new Ledger(0, 0, 0);
  #latencies = new Histogram();
  #bytes = 0;
  #lost = 0;
  #complete = Promise.withResolvers<void>();
  /** The text that came last and its messages: all clients get the same, so it is read once. */
  #seen = Buffer.alloc(0);
  #messages: Sent[] = [];

  constructor({ port, dialect, certificate }: Target) {
    this.#port = port;
    this.#dialect = dialect;
    this.#trust =
      certificate === undefined ? undefined : createSecureContext({ ca: readFileSync(certificate.certFile) });
  }

  /** Connects clients until there are so many. */
  async connect(count: number): Promise<void> {
    const connectSome = async (): Promise<void> => {
      while (this.#clients.length < count) await this.#connectOne();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, connectSome));
  }

  /** Counts from now on what comes of these messages. */
  expect({ first, count }: Pick<Course, 'first' | 'count'>): void {
    this.#ledger = new Ledger(this.#clients.length, first, count);
    this.#latencies = new Histogram();
    this.#bytes = 0;
    this.#complete = Promise.withResolvers();
  }

  /**
   * What became of the messages: as soon as all are there, or when none has come for some time. One who is slow is not
   * given up.
   */
  async finish(silenceMs: number): Promise<Delivery> {
    let before = Number.NaN;
    const looking = setInterval(() => {
      const { delivered } = this.#ledger.account();
      if (delivered === before) this.#complete.resolve();
      before = delivered;
    }, silenceMs);
    await this.#complete.promise;
    clearInterval(looking);
    return {
      ...this.#ledger.account(),
      ...this.#latencies.latencies(),
      bytes: this.#bytes,
      lost: this.#lost,
    };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #connectOne(): Promise<void> {
    const index = this.#clients.length;
    const client = new Client({
      port: this.#port,
      dialect: this.#dialect,
      trust: this.#trust,
      from: addressOf(index),
      onMessages: (bytes, start, end) => this.#take(index, bytes, start, end),
      onBytes: (count) => {
        this.#bytes += count;
      },
      onLost: () => {
        this.#lost += 1;
        // Nobody is left who could get anything.
        if (this.#lost === this.#clients.length) this.#complete.resolve();
      },
    });
    this.#clients.push(client);
    await client.ready();
  }

  #take(client: number, bytes: Buffer, start: number, end: number): void {
    const now = clock();
    if (end - start !== this.#seen.length || bytes.compare(this.#seen, 0, end - start, start, end) !== 0) {
      const text = bytes.toString('latin1', start, end);
      if (this.#dialect.hear(text) !== 'messages') return;
      this.#seen = Buffer.from(bytes.subarray(start, end));
      this.#messages = findMessages(text);
    }
    for (const { sequence, sentAt } of this.#messages) {
      if (this.#ledger.take(client, sequence)) this.#latencies.record(now - sentAt);
    }
    if (this.#ledger.complete) this.#complete.resolve();
  }
}

/** The address of this machine that a client comes from. The first ones come from wherever the system has them: that is quicker. */
function addressOf(client: number): string | undefined {
  const address = Math.floor(client / PER_ADDRESS);
  return address === 0 ? undefined : `127.0.0.${1 + address}`;
}
