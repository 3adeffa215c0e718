import type { Server as HttpServer } from 'node:http';
import type { PartitionEnds, Positions } from '@hello/broadcasts';
import type { Logger } from '@hello/service';
import { Server, type Socket } from 'socket.io';
import type { About, PageBuild } from './about.ts';
import type { Access, Viewer } from './access/access.ts';
import type { Origins } from './access/origin.ts';
import { CatchUps, type Part } from './catch-up.ts';
import { Fanout } from './fanout.ts';
import { type Handshake, HandshakeError, readHandshake } from './handshake.ts';
import type { History } from './history.ts';
import type { Message } from './message.ts';
import type { LiveMetrics } from './metrics.ts';
import { boundPackets } from './packet-limit.ts';
import { cutOff, whenTaken } from './client.ts';
import type { ServerEvents } from './server-events.ts';
import { answerTime } from './server-time.ts';
import { SlowClients } from './slow-clients.ts';
import { StraightAdapter } from './straight-adapter.ts';
import { WorkQueue } from './work-queue.ts';

/** Clients send nothing after their handshake that is looked at here. */
type NoEvents = Record<string, never>;
type ClientData = Handshake & { viewer: Viewer };
type Client = Socket<NoEvents, ServerEvents, NoEvents, ClientData>;

interface LiveOptions {
  history: History;
  access: Access;
  origins: Origins;
  aboutFor: (viewer: Viewer) => About;
  /** The page that is served, so that one of before can tell. */
  pageBuild: PageBuild;
  connectionsPerAccount: number;
  /** Whether the history of a topic is complete, so that clients can be answered. */
  isCaughtUp: (topic: string) => boolean;
  /** The bounds of a topic's log now. Rejects when the log cannot be asked. */
  describe: (topic: string) => Promise<PartitionEnds[]>;
  /** Made once the live side can say how many clients it has. */
  metrics: (clients: () => number) => LiveMetrics;
  logger: Logger;
}

/** How long a client that is ahead of this replica waits until the log is asked whether it can be, in milliseconds. */
const AHEAD_MS = 3_000;
/** Time from a connection to its handshake, in milliseconds. */
const HANDSHAKE_MS = 5_000;
/** How often clients are looked through: for slow ones, and for those who may not see their topic any more. */
const SWEEP_MS = 1_000;
/** Clients that are looked at in one go. */
const SWEPT = 200;
/** A handshake is the largest thing that a client sends: 1,000 partitions, each with the longest of offsets and times, are 70 KB. */
const MAX_FRAME_BYTES = 128 * 1024;

/** The live side: clients over Socket.IO, one topic each. */
export class Live {
  readonly #io: Server<NoEvents, ServerEvents, NoEvents, ClientData>;
  readonly #options: LiveOptions;
  readonly #metrics: LiveMetrics;
  readonly #catchUps: CatchUps;
  readonly #fanout = new Fanout((...batch) => this.#send(...batch));
  readonly #slowClients = new SlowClients();
  /** What is to be done for clients, of whom thousands may come at once. */
  readonly #work = new WorkQueue();
  readonly #sweeping: NodeJS.Timeout;
  #isAttached = false;
  /** Clients that cannot be answered yet. */
  readonly #waiting = new Set<Client>();
  /** Those of them that are ahead of this replica, with what asks the log soon whether they can be. */
  readonly #ahead = new Map<Client, NodeJS.Timeout>();
  /** Those whose positions are beyond the log's end: of a topic that was created anew. */
  readonly #beyond = new WeakSet<Client>();
  /** Clients that get what they missed, part by part, with how far they are. They are not live yet, or not any more. */
  readonly #following = new Map<Client, Positions>();

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
        const { origins } = options;
        const allowed = origins.allow(request.headers);
        if (!allowed) this.#metrics.refused.inc();
        answer(allowed ? null : origins.refusal(request.headers.origin), allowed);
      },
      adapter: StraightAdapter,
    });
    this.#metrics = options.metrics(() => this.#clients().size);
    this.#io.use((socket, next) => this.#shakeHands(socket, next));
    this.#io.on('connection', (socket) => {
      answerTime(socket);
      this.#welcome(socket);
    });
    this.#io.of('/').adapter.on('behind', (id: string) => this.#fallBehind(this.#clients().get(id)!));
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
  }

  /** Resolves when a topic's messages go out as fast as they come. */
  whenRoom(topic: string): Promise<void> {
    return this.#fanout.whenRoom(topic);
  }

  /** Sends messages, new in the history, to everyone who watches their topic, and tells that some before them are lost. */
  publishAfterGap(topic: string, messages: Message[]): void {
    this.#fanout.flush(topic);
    // Those who fall behind at this are as far as they were before.
    this.#io.to(topic).emit('catch-up', this.#catchUps.afterGap(topic, messages));
    this.#catchUps.noteAllSent(topic);
    this.#answerWaiting(topic);
  }

  /** Answers those who wait for a topic, whose history is complete now. */
  caughtUp(topic: string): void {
    this.#catchUps.noteAllSent(topic);
    this.#answerWaiting(topic);
  }

  /** Tells everyone who watches a topic that it was created anew. */
  restart(topic: string): void {
    this.#fanout.clear(topic);
    this.#catchUps.noteAllSent(topic);
    this.#io.to(topic).emit('restarted', { topic });
    for (const [socket, positions] of this.#following) {
      if (socket.data.topic !== topic) continue;
      socket.emit('restarted', { topic });
      positions.clear();
    }
  }

  /** Cuts off whoever may not see their topic any more, and tells the others what they may see now. */
  recheck(): void {
    this.#lookThrough((socket) => {
      if (this.#maySee(socket)) this.#sayWelcome(socket);
      else this.#cut(socket);
    });
  }

  /** Ends every connection in a way that makes clients reconnect, and the HTTP server with them. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    for (const timer of this.#ahead.values()) clearTimeout(timer);
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
      this.#forget(socket);
      // Whoever leaves without closing the connection would hold it, uncounted.
      socket.conn.close();
    });
    this.#waiting.add(socket);
    void this.#work.do(() => this.#tryToAnswer(socket));
  }

  #forget(socket: Client): void {
    this.#waiting.delete(socket);
    this.#following.delete(socket);
    clearTimeout(this.#ahead.get(socket));
    this.#ahead.delete(socket);
  }

  #sayWelcome(socket: Client): void {
    const { aboutFor, pageBuild } = this.#options;
    socket.emit('welcome', { ...aboutFor(socket.data.viewer), ...pageBuild, now: Date.now() });
  }

  #answerWaiting(topic: string): void {
    for (const socket of this.#waiting)
      if (socket.data.topic === topic) void this.#work.do(() => this.#tryToAnswer(socket));
  }

  #tryToAnswer(socket: Client): void {
    if (!this.#waiting.has(socket) || !this.#options.isCaughtUp(socket.data.topic)) return;
    const { topic, positions } = socket.data;
    // A client may come from a replica that is a few records ahead. What it has must not be sent to it again.
    if (positions?.isAheadOf(this.#catchUps.sent(topic)) && !this.#beyond.has(socket)) this.#waitFor(socket);
    else this.#answer(socket);
  }

  /** Waits until this replica is as far as a client, unless the log is not so far itself: then its positions are of another topic. */
  #waitFor(socket: Client): void {
    if (this.#ahead.has(socket)) return;
    const { topic, positions } = socket.data;
    const look = async () => {
      const ends = await this.#options.describe(topic).catch(() => undefined);
      if (!this.#ahead.delete(socket)) return;
      const highs = new Map(ends?.map(({ partition, high }) => [partition, high]));
      const isBeyond = [...positions!.entries()].some(([partition, { next }]) => next > (highs.get(partition) ?? 0));
      if (ends && isBeyond) this.#beyond.add(socket);
      this.#tryToAnswer(socket);
    };
    this.#ahead.set(socket, setTimeout(look, AHEAD_MS).unref());
  }

  #answer(socket: Client): void {
    const { topic, positions } = socket.data;
    this.#forget(socket);
    const part = this.#catchUps.first(topic, positions);
    if (positions) this.#metrics.resumed.inc({ recovered: String(part.catchUp.recovered) });
    this.#give(socket, part);
  }

  /**
   * Gives a client a part of what it missed, and makes it live if that is all. This is one go, so that nothing falls between what it
   * missed and what it gets live.
   */
  #give(socket: Client, { catchUp, next }: Part, isFirst = true): void {
    // It may have waited for long.
    if (!this.#maySee(socket)) return this.#cut(socket);
    const { topic, messages, recovered } = catchUp;
    // To the client's own room, and not by the socket: a broadcast is encoded once for all who get the same.
    if (isFirst || messages.length > 0 || !recovered) this.#io.to(socket.id).emit('catch-up', catchUp);
    if (next) this.#follow(socket, next);
    else void socket.join(topic);
  }

  /** Gives a client what comes after positions, as soon as it has taken what it was given before. */
  #follow(socket: Client, positions: Positions): void {
    this.#following.set(socket, positions);
    whenTaken(socket, () => void this.#work.do(() => this.#giveNext(socket)));
  }

  #giveNext(socket: Client): void {
    const positions = this.#following.get(socket);
    if (!positions) return;
    this.#following.delete(socket);
    this.#give(socket, this.#catchUps.following(socket.data.topic, positions), false);
  }

  /** A client that does not keep up with what is live gets it at its own pace from now on. */
  #fallBehind(socket: Client): void {
    void socket.leave(socket.data.topic);
    this.#follow(socket, this.#catchUps.sent(socket.data.topic).copy());
  }

  #maySee({ data }: Client): boolean {
    return this.#options.access.maySee(data.viewer, data.topic);
  }

  #sweep(): void {
    const now = performance.now();
    this.#lookThrough((socket) => {
      if (this.#slowClients.isStalled(socket, now)) this.#giveUp(socket);
      else if (!this.#options.access.isOpen && !this.#maySee(socket)) this.#cut(socket);
    });
  }

  /** Looks at all clients, some at a time. */
  #lookThrough(look: (socket: Client) => void): void {
    const clients = [...this.#clients().values()];
    for (let start = 0; start < clients.length; start += SWEPT) {
      void this.#work.do(() => {
        for (const socket of clients.slice(start, start + SWEPT)) if (socket.connected) look(socket);
      });
    }
  }

  #giveUp(socket: Client): void {
    this.#metrics.evicted.inc();
    this.#options.logger.warn({ client: socket.id }, 'a client takes nothing and is disconnected');
    this.#forget(socket);
    cutOff(socket);
  }

  #cut(socket: Client): void {
    const { topic, viewer } = socket.data;
    const { access, logger } = this.#options;
    this.#metrics.cut.inc();
    const reason = access.isWelcome(viewer) ? 'the topic is not granted any more' : 'the session is over';
    logger.info({ account: viewer.session?.account, topic, reason }, 'a client is cut off');
    this.#forget(socket);
    cutOff(socket);
  }

  #send(topic: string, messages: Message[], waitedMs: number): void {
    const isWatched = this.#io.of('/').adapter.rooms.has(topic);
    // Those who fall behind at this batch are as far as the one before.
    if (isWatched)
      this.#io.to(topic).emit('messages', { topic, messages, older: this.#catchUps.older(topic, messages) });
    this.#catchUps.noteSent(topic, messages);
    this.#answerWaiting(topic);
    if (!isWatched) return;
    this.#metrics.batch.observe(messages.length);
    this.#metrics.delay.observe(waitedMs / 1000);
  }
}
