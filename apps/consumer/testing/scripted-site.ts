import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { onTestFinished } from 'vitest';
import { matches } from '../src/history/filter.ts';
import { compareKeysets, type Keyset } from '../src/history/keyset.ts';
import type { Message } from '../src/history/message.ts';
import type { CountsAnswer } from '../src/page/counts.ts';
import { type BundledPage, bundlePage } from '../src/http/page-bundle.ts';
import type { CatchUp } from '../src/live/server-events.ts';

const TOPIC = 'hello-world';
/** The cursor of all of its history. */
export const SITE_TOP = `${Number.MAX_SAFE_INTEGER}.0.0`;

/**
 * The page on a server that says what a test wants: what the real one says rarely, or one of another version might. It
 * ends with the test.
 */
export class ScriptedSite {
  readonly #http = createServer((request, response) => {
    const { status, type, body } = this.#answer(new URL(request.url!, 'http://site'));
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  // Tests move the page's clock on by minutes, in which there are no signs of life to be missed.
  readonly #io = new Server(this.#http, { transports: ['websocket'], serveClient: false, pingInterval: 86_400_000 });
  readonly #page: BundledPage;
  /** What clients said in their handshakes. */
  readonly handshakes: { positions?: object }[] = [];
  /** What the server says to the next handshakes, if not yes. */
  refusal: ((handshake: { positions?: object }) => { status: number; message: string } | undefined) | undefined;
  /** What a client gets right after its welcome. */
  catchUp: CatchUp = this.toCatchUp([], {});
  /** What the server says of itself beside that in its welcome. */
  about: object = {};
  /** What can be asked for over HTTP. */
  history: Message[] = [];
  /** What is answered to who asks for the whole message at a partition/offset. */
  readonly details = new Map<string, { status: number; message: unknown }>();
  /** Pages of it that were asked for. */
  pages = 0;
  /** What is answered when somebody asks for a histogram. */
  counts: CountsAnswer = toCounts(Array.from({ length: 60 }, () => 0));
  /** What its clock is ahead by, in milliseconds: it goes with a page whose clock is moved on. */
  aheadMs = 0;
  /** What was asked of histograms. */
  readonly countings: URLSearchParams[] = [];

  private constructor(page: BundledPage) {
    this.#page = page;
    this.#io.use(({ handshake: { auth } }, next) => {
      this.handshakes.push(auth);
      const { message, ...data } = this.refusal?.(auth) ?? {};
      next(message === undefined ? undefined : Object.assign(new Error(message), { data }));
    });
    this.#io.on('connection', (socket) => {
      socket.on('time', (answer) => answer(Date.now() + this.aheadMs));
      const about = { environment: 'test', banner: 'Scripted', topics: [TOPIC], account: null };
      socket.emit('welcome', { ...about, ...page.build, now: Date.now() + this.aheadMs, ...this.about });
      socket.emit('catch-up', this.catchUp);
    });
  }

  static async start(): Promise<ScriptedSite> {
    const site = new ScriptedSite(await bundlePage({ environment: 'test', banner: 'Scripted' }));
    await new Promise<void>((resolve) => {
      site.#http.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => site.#io.close());
    return site;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** A catch-up with messages, by default what a newcomer gets. */
  toCatchUp(messages: Message[], { recovered = false }: { recovered?: boolean }): CatchUp {
    const positions: CatchUp['positions'] = {};
    for (const { partition, offset, timestamp } of messages) positions[partition] = { next: offset + 1, timestamp };
    const older = cursorOf(messages.toSorted(compareKeysets)[0]);
    return { topic: TOPIC, messages, recovered, positions, older, total: messages.length, partitions: 1 };
  }

  /** Sends messages live. */
  say(...messages: Message[]): void {
    this.emit('messages', { topic: TOPIC, messages, older: cursorOf(messages.toSorted(compareKeysets)[0]) });
  }

  /** Sends anything at all. */
  emit(event: string, content: unknown): void {
    this.#io.emit(event, content);
  }

  /** Loses all connections. */
  drop(): void {
    for (const socket of this.#io.of('/').sockets.values()) socket.conn.close();
  }

  #answer({ pathname, searchParams }: URL): { status: number; type: string; body: string | Buffer } {
    const json = { status: 200, type: 'application/json' };
    if (pathname === '/') return { status: 200, type: 'text/html', body: this.#page.html };
    if (pathname === '/api/topics') return { ...json, body: JSON.stringify({ topics: [{ topic: TOPIC }] }) };
    const [, place] = /\/messages\/(\d+\/\d+)$/.exec(pathname) ?? [];
    if (place !== undefined) {
      const { status, message } = this.details.get(place) ?? { status: 404, message: {} };
      return { ...json, status, body: JSON.stringify(message) };
    }
    if (pathname.endsWith('/histogram')) {
      this.countings.push(searchParams);
      return { ...json, body: JSON.stringify(this.counts) };
    }
    if (pathname.startsWith('/api/')) return { ...json, body: JSON.stringify(this.#readPage(searchParams)) };
    const asset = this.#page.assets.get(pathname.split('/').at(-1)!);
    return asset ? { status: 200, ...asset } : { status: 404, type: 'text/plain', body: '' };
  }

  #readPage(query: URLSearchParams): { messages: Message[]; next: string | null; searched: object } {
    this.pages += 1;
    const before = query.get('before');
    const contains = query.get('contains') ?? undefined;
    const below = this.history
      .toSorted((a, b) => compareKeysets(b, a))
      .filter((message) => before === null || compareKeysets(message, toKeyset(before)) < 0);
    const found = below.filter((message) => matches({ contains, key: undefined }, message));
    const messages = found.slice(0, Number(query.get('limit')));
    const isAll = found.length === messages.length;
    const searched = isAll ? below : below.slice(0, below.indexOf(messages.at(-1)!) + 1);
    return {
      messages,
      next: isAll ? null : cursorOf(messages.at(-1)),
      searched: { messages: searched.length, to: searched.at(-1)?.timestamp ?? null },
    };
  }
}

/** Counts of each second up to now, unless it is said otherwise. */
export function toCounts(counts: number[], { bucketMs = 1_000, ...rest }: Partial<CountsAnswer> = {}): CountsAnswer {
  const to = Math.ceil(Date.now() / bucketMs) * bucketMs;
  return { from: to - counts.length * bucketMs, to, bucketMs, counts, before: 0, after: 0, since: null, ...rest };
}

function cursorOf(place: Keyset | undefined): string | null {
  return place ? `${place.timestamp}.${place.partition}.${place.offset}` : null;
}

function toKeyset(cursor: string): Keyset {
  const [timestamp, partition, offset] = cursor.split('.').map(Number);
  return { timestamp: timestamp!, partition: partition!, offset: offset! };
}
