import type { Server as HttpServer } from 'node:http';
import type { Positions, PositionsObject } from '@hello/broadcasts';
import type { Logger } from '@hello/service';
import { Server, type Socket } from 'socket.io';
import { encodeCursor } from './cursor.ts';
import { Fanout } from './fanout.ts';
import { type Handshake, type HandshakeError, readHandshake } from './handshake.ts';
import type { History } from './history.ts';
import { compareKeysets } from './keyset.ts';
import type { Message } from './message.ts';
import type { LiveMetrics } from './metrics.ts';
import { evictSlowClients } from './slow-clients.ts';

/** What a consumer says of itself. */
export interface About {
  environment: string;
  banner: string;
  topics: string[];
}

/** Messages of a topic, in order, oldest first. */
export interface Batch {
  topic: string;
  messages: Message[];
  /** Cursor of the history before `messages`; null when that is known to be empty. */
  older: string | null;
}

/** The first batch that a client gets, before anything live: what it missed, or else the newest messages. */
export interface CatchUp extends Batch {
  /** Whether `messages` follow on the client's positions without a gap. False for a client without positions. */
  recovered: boolean;
  /** Where the client stands after `messages`. */
  positions: PositionsObject;
}

/** What the server sends, by event. */
export interface ServerEvents {
  welcome: (about: About) => void;
  'catch-up': (catchUp: CatchUp) => void;
  /** Live messages, in order, right after those that the client has. */
  messages: (batch: Batch) => void;
  /** The topic was created anew: what the client has is of the past. */
  restarted: (restarted: { topic: string }) => void;
}

/** Clients send nothing after their handshake. */
type NoEvents = Record<string, never>;
type Client = Socket<NoEvents, ServerEvents, NoEvents, Handshake>;

interface LiveOptions {
  history: History;
  about: About;
  /** Whether the history of a topic is complete, so that clients can be answered. */
  isCaughtUp: (topic: string) => boolean;
  /** Made once the live side can say how many clients it has. */
  metrics: (clients: () => number) => LiveMetrics;
  logger: Logger;
}

/** Messages that a client may have missed and still gets all of. */
const RESUME_LIMIT = 1_000;
/** Messages that a new client gets. */
const FIRST_PAGE = 50;
/** How long a client that is ahead of this replica waits for it, in milliseconds. */
const AHEAD_MS = 3_000;
/** A handshake is the largest thing that a client sends. */
const MAX_FRAME_BYTES = 16 * 1024;

/** The live side: clients over Socket.IO, one topic each. */
export class Live {
  readonly #io: Server<NoEvents, ServerEvents, NoEvents, Handshake>;
  readonly #options: LiveOptions;
  readonly #metrics: LiveMetrics;
  readonly #fanout = new Fanout((topic, messages) => this.#send(topic, messages));
  readonly #stopEvicting: () => void;
  #isAttached = false;
  /** Clients that cannot be answered yet. */
  readonly #waiting = new Set<Client>();
  /** Those of them that waited long enough for this replica to come up with them. */
  readonly #impatient = new WeakSet<Client>();

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#io = new Server({
      transports: ['websocket'],
      perMessageDeflate: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      serveClient: false,
    });
    this.#metrics = options.metrics(() => this.#io.of('/').sockets.size);
    this.#io.use((socket, next) => this.#shakeHands(socket, next));
    this.#io.on('connection', (socket) => this.#welcome(socket));
    this.#stopEvicting = evictSlowClients(this.#io, (socket) => {
      this.#metrics.evicted.inc();
      options.logger.warn({ client: socket.id }, 'a client reads too slowly and is disconnected');
    });
  }

  /** Answers clients on an HTTP server, which `close` will close. */
  attach(server: HttpServer): void {
    this.#io.attach(server);
    this.#isAttached = true;
  }

  /** Sends messages, new in the history, to everyone who watches their topic. */
  publish(topic: string, messages: Message[]): void {
    this.#fanout.push(topic, messages);
    this.answerWaiting();
  }

  /** Tells everyone who watches a topic that it was created anew. */
  restart(topic: string): void {
    this.#fanout.clear(topic);
    this.#io.to(topic).emit('restarted', { topic });
  }

  /** Answers the clients that waited, as far as they can be answered now. */
  answerWaiting(): void {
    for (const socket of this.#waiting) if (this.#canAnswer(socket)) this.#answer(socket);
  }

  /** Ends every connection in a way that makes clients reconnect, and the HTTP server with them. */
  async close(): Promise<void> {
    this.#stopEvicting();
    this.#fanout.close();
    // Socket.IO cannot close what was never attached.
    if (this.#isAttached) await this.#io.close();
  }

  #shakeHands(socket: Client, next: (error?: Error) => void): void {
    try {
      Object.assign(socket.data, readHandshake(socket.handshake.auth, this.#options.about.topics));
      next();
    } catch (error) {
      this.#metrics.refused.inc();
      next(error as HandshakeError);
    }
  }

  #welcome(socket: Client): void {
    socket.emit('welcome', this.#options.about);
    this.#waiting.add(socket);
    const patience = setTimeout(() => {
      this.#impatient.add(socket);
      this.answerWaiting();
    }, AHEAD_MS);
    socket.on('disconnect', () => {
      clearTimeout(patience);
      this.#waiting.delete(socket);
    });
    this.answerWaiting();
  }

  #canAnswer(socket: Client): boolean {
    const { topic, positions } = socket.data;
    if (!this.#options.isCaughtUp(topic)) return false;
    // A client may come from a replica that is a few records ahead. What it has must not be sent to it again.
    return !positions || this.#impatient.has(socket) || !this.#options.history.isBehind(topic, positions);
  }

  /** All in one go, so that nothing falls between what the client missed and what it gets live. */
  #answer(socket: Client): void {
    const { topic, positions } = socket.data;
    this.#waiting.delete(socket);
    // What is gathered is in the history already, so it must go out before this client is among those who get it.
    this.#fanout.flush(topic);
    const catchUp = this.#catchUp(topic, positions);
    if (positions) this.#metrics.resumed.inc({ recovered: String(catchUp.recovered) });
    socket.emit('catch-up', catchUp);
    void socket.join(topic);
  }

  #catchUp(topic: string, positions: Positions | undefined): CatchUp {
    const { history } = this.#options;
    const own = history.positions(topic).toJSON();
    if (positions && !history.isBehind(topic, positions) && !history.isOfAnotherTopic(topic, positions)) {
      const { complete, messages } = history.since(topic, positions, RESUME_LIMIT);
      if (complete) return { topic, messages, recovered: true, positions: own, older: this.#older(topic, messages) };
    }
    const { messages, next } = history.page(topic, { limit: FIRST_PAGE });
    const oldestFirst = messages.map((json) => JSON.parse(json) as Message).toReversed();
    return { topic, messages: oldestFirst, recovered: false, positions: own, older: next };
  }

  #send(topic: string, messages: Message[]): void {
    if (!this.#io.of('/').adapter.rooms.has(topic)) return;
    this.#io.to(topic).emit('messages', { topic, messages, older: this.#older(topic, messages) });
    this.#metrics.batch.observe(messages.length);
    const now = Date.now();
    for (const { sentAt } of messages) {
      if (sentAt !== null) this.#metrics.delay.observe(Math.max(0, now - sentAt) / 1000);
    }
  }

  /** A topic with no more than these messages has nothing before them. */
  #older(topic: string, messages: Message[]): string | null {
    if (this.#options.history.count(topic) <= messages.length) return null;
    const [oldest] = messages.toSorted(compareKeysets);
    return oldest ? encodeCursor(topic, oldest) : null;
  }
}
