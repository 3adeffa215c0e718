import type { Server as HttpServer } from 'node:http';
import type { Logger } from '@hello/service';
import { Server, type Socket } from 'socket.io';
import type { About, PageBuild } from './about.ts';
import type { Access, Viewer } from './access/access.ts';
import { isSameOrigin } from './access/origin.ts';
import { CatchUps } from './catch-up.ts';
import { Fanout } from './fanout.ts';
import { type Handshake, HandshakeError, readHandshake } from './handshake.ts';
import type { History } from './history.ts';
import type { Message } from './message.ts';
import type { LiveMetrics } from './metrics.ts';
import { boundPackets } from './packet-limit.ts';
import { cutOff } from './client.ts';
import type { ServerEvents } from './server-events.ts';
import { SlowClients } from './slow-clients.ts';
import { StraightAdapter } from './straight-adapter.ts';

/** Clients send nothing after their handshake. */
type NoEvents = Record<string, never>;
type ClientData = Handshake & { viewer: Viewer };
type Client = Socket<NoEvents, ServerEvents, NoEvents, ClientData>;

interface LiveOptions {
  history: History;
  access: Access;
  aboutFor: (viewer: Viewer) => About;
  /** The page that is served, so that one of before can tell. */
  pageBuild: PageBuild;
  connectionsPerAccount: number;
  /** Whether the history of a topic is complete, so that clients can be answered. */
  isCaughtUp: (topic: string) => boolean;
  /** Made once the live side can say how many clients it has. */
  metrics: (clients: () => number) => LiveMetrics;
  logger: Logger;
}

/** How long a client that is ahead of this replica waits for it, in milliseconds. */
const AHEAD_MS = 3_000;
/** Time from a connection to its handshake, in milliseconds. */
const HANDSHAKE_MS = 5_000;
/** How often clients are looked through: for slow ones, and for those who may not see their topic any more. */
const SWEEP_MS = 1_000;
/** A handshake is the largest thing that a client sends. */
const MAX_FRAME_BYTES = 16 * 1024;

/** The live side: clients over Socket.IO, one topic each. */
export class Live {
  readonly #io: Server<NoEvents, ServerEvents, NoEvents, ClientData>;
  readonly #options: LiveOptions;
  readonly #metrics: LiveMetrics;
  readonly #catchUps: CatchUps;
  readonly #fanout = new Fanout((topic, messages) => this.#send(topic, messages));
  readonly #slowClients = new SlowClients();
  readonly #sweeping: NodeJS.Timeout;
  #isAttached = false;
  /** Clients that cannot be answered yet. */
  readonly #waiting = new Set<Client>();
  /** Those of them that waited long enough for this replica to come up with them. */
  readonly #impatient = new WeakSet<Client>();

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#catchUps = new CatchUps(options.history);
    this.#io = new Server({
      transports: ['websocket'],
      perMessageDeflate: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      serveClient: false,
      connectTimeout: HANDSHAKE_MS,
      allowRequest: (request, answer) => {
        const allowed = isSameOrigin(request.headers);
        if (!allowed) this.#metrics.refused.inc();
        answer(allowed ? null : 'this came from another site', allowed);
      },
      adapter: StraightAdapter,
    });
    this.#metrics = options.metrics(() => this.#clients().size);
    this.#io.use((socket, next) => this.#shakeHands(socket, next));
    this.#io.on('connection', (socket) => this.#welcome(socket));
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Answers clients on an HTTP server, which `close` will close. */
  attach(server: HttpServer): void {
    this.#io.attach(server);
    boundPackets(this.#io.engine, () => this.#metrics.noisy.inc());
    this.#isAttached = true;
  }

  /** Sends messages, new in the history, to everyone who watches their topic. */
  publish(topic: string, messages: Message[]): void {
    this.#fanout.push(topic, messages);
    this.answerWaiting();
  }

  /** Sends messages, new in the history, to everyone who watches their topic, and tells that some before them are lost. */
  publishAfterGap(topic: string, messages: Message[]): void {
    this.#fanout.flush(topic);
    this.#io.to(topic).emit('catch-up', this.#catchUps.afterGap(topic, messages));
    this.answerWaiting();
  }

  /** Tells everyone who watches a topic that it was created anew. */
  restart(topic: string): void {
    this.#fanout.clear(topic);
    this.#io.to(topic).emit('restarted', { topic });
  }

  /** Answers the clients that waited, as far as they can be answered now. */
  answerWaiting(): void {
    for (const socket of this.#waiting) this.#tryToAnswer(socket);
  }

  /** Cuts off whoever may not see their topic any more, and tells the others what they may see now. */
  recheck(): void {
    for (const socket of this.#clients().values()) {
      if (this.#maySee(socket)) this.#sayWelcome(socket);
      else this.#cut(socket);
    }
  }

  /** Ends every connection in a way that makes clients reconnect, and the HTTP server with them. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    this.#fanout.close();
    // Socket.IO cannot close what was never attached.
    if (this.#isAttached) await this.#io.close();
  }

  #clients(): Map<string, Client> {
    return this.#io.of('/').sockets;
  }

  async #shakeHands(socket: Client, next: (error?: Error) => void): Promise<void> {
    try {
      const { access } = this.#options;
      const { auth, headers } = socket.handshake;
      const viewer = await access.viewerOf(headers.cookie);
      if (!viewer) throw new HandshakeError(401, 'sign in first');
      Object.assign(socket.data, readHandshake(auth, access.topicsOf(viewer)), { viewer });
      this.#checkNumber(viewer);
      next();
    } catch (error) {
      this.#metrics.refused.inc();
      next(error as HandshakeError);
    }
  }

  #checkNumber({ session }: Viewer): void {
    if (!session) return;
    const { connectionsPerAccount: most } = this.#options;
    let count = 0;
    for (const { data } of this.#clients().values()) if (data.viewer.session?.account === session.account) count += 1;
    if (count >= most)
      throw new HandshakeError(429, `this account has ${most} connections open, and may not have more`);
  }

  #welcome(socket: Client): void {
    this.#sayWelcome(socket);
    socket.on('disconnect', () => {
      this.#waiting.delete(socket);
      // Whoever leaves without closing the connection would hold it, uncounted.
      socket.conn.close();
    });
    this.#waiting.add(socket);
    this.#tryToAnswer(socket);
    if (!this.#waiting.has(socket)) return;
    setTimeout(() => {
      this.#impatient.add(socket);
      this.#tryToAnswer(socket);
    }, AHEAD_MS).unref();
  }

  #sayWelcome(socket: Client): void {
    const { aboutFor, pageBuild } = this.#options;
    socket.emit('welcome', { ...aboutFor(socket.data.viewer), ...pageBuild });
  }

  #tryToAnswer(socket: Client): void {
    if (this.#waiting.has(socket) && this.#canAnswer(socket)) this.#answer(socket);
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
    // It may have waited for long.
    if (!this.#maySee(socket)) return this.#cut(socket);
    // What is gathered is in the history already, so it must go out before this client is among those who get it.
    this.#fanout.flush(topic);
    const catchUp = this.#catchUps.since(topic, positions);
    if (positions) this.#metrics.resumed.inc({ recovered: String(catchUp.recovered) });
    // To the client's own room, and not by the socket: a broadcast is encoded once for all who get the same.
    this.#io.to(socket.id).emit('catch-up', catchUp);
    void socket.join(topic);
  }

  #maySee({ data }: Client): boolean {
    return this.#options.access.maySee(data.viewer, data.topic);
  }

  #sweep(): void {
    const clients = this.#clients();
    const slow = new Set(this.#slowClients.find(clients.values()));
    for (const socket of slow) {
      this.#metrics.evicted.inc();
      this.#options.logger.warn({ client: socket.id }, 'a client reads too slowly and is disconnected');
      cutOff(socket);
    }
    if (this.#options.access.isOpen) return;
    for (const socket of clients.values()) if (!slow.has(socket) && !this.#maySee(socket)) this.#cut(socket);
  }

  #cut(socket: Client): void {
    const { topic, viewer } = socket.data;
    const { access, logger } = this.#options;
    this.#metrics.cut.inc();
    const reason = access.isWelcome(viewer) ? 'the topic is not granted any more' : 'the session is over';
    logger.info({ account: viewer.session?.account, topic, reason }, 'a client is cut off');
    this.#waiting.delete(socket);
    cutOff(socket);
  }

  #send(topic: string, messages: Message[]): void {
    if (!this.#io.of('/').adapter.rooms.has(topic)) return;
    this.#io.to(topic).emit('messages', { topic, messages, older: this.#catchUps.older(topic, messages) });
    this.#metrics.batch.observe(messages.length);
    const now = Date.now();
    for (const { sentAt } of messages) {
      if (sentAt !== null) this.#metrics.delay.observe(Math.max(0, now - sentAt) / 1000);
    }
  }
}
