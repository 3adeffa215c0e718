import type { Server as HttpServer } from 'node:http';
import type { PartitionOffsets, Positions } from '@hello/broadcasts';
import type { Logger } from '@hello/service';
import { Server } from 'socket.io';
import type { About, PageBuild } from '../about.ts';
import type { Access, Origins, Viewer } from '../access/index.ts';
import { type Audience, Audiences, LoweredBatch, roomOf, TooManyFiltersError } from './audiences.ts';
import { CatchUps, type Part } from './catch-up.ts';
import { Fanout } from './fanout.ts';
import { type History, isEverything, type Message } from '../history/index.ts';
import { HandshakeError, readHandshake } from './handshake.ts';
import type { LiveMetrics } from '../metrics.ts';
import { boundPackets } from './socket.io/packet-limit.ts';
import { type Client, type ClientData, cutOff, type NoEvents, whenTaken } from './socket.io/client.ts';
import type { Batch, ServerEvents } from './server-events.ts';
import { answerTime } from './server-time.ts';
import { StalledClients } from './socket.io/stalled-clients.ts';
import { StraightAdapter } from './socket.io/straight-adapter.ts';
import { WaitingClients } from './waiting-clients.ts';
import { WorkQueue } from '../work-queue.ts';

interface LiveOptions {
  history: History;
  access: Access;
  origins: Origins;
  aboutFor: (viewer: Viewer) => About;
  /** When a topic's next broadcast is due, in milliseconds since the Unix epoch; null where that is not known. */
  dueAt: (topic: string) => number | null;
  /** The page that is served, so that one of before can tell. */
  pageBuild: PageBuild;
  connectionsPerAccount: number;
  /** Whether a topic is loaded into the history, so that clients can be answered. */
  isLoaded: (topic: string) => boolean;
  /** Where a topic's partitions begin and end now. Rejects when the log cannot be asked. */
  listOffsets: (topic: string) => Promise<PartitionOffsets[]>;
  /** Made once the live side can say how many clients it has. */
  metrics: (clients: () => number) => LiveMetrics;
  logger: Logger;
}

/** Time from a connection to its handshake, in milliseconds. */
const HANDSHAKE_MS = 5_000;
/** How often clients are looked through: for slow ones, and for those who may not see their topic any more. */
const SWEEP_MS = 1_000;
/** Clients that are looked at in one go. */
const SWEPT = 200;
/**
 * A handshake is the largest thing that a client sends: 1,000 partitions, each with the longest of offsets and times,
 * are 70 KB.
 */
const MAX_FRAME_BYTES = 128 * 1024;

/** The live side: clients over Socket.IO, each with one topic or what it asks for of it. */
export class Live {
  readonly #io: Server<NoEvents, ServerEvents, NoEvents, ClientData>;
  readonly #options: LiveOptions;
  readonly #metrics: LiveMetrics;
  readonly #catchUps: CatchUps;
  readonly #fanout = new Fanout((...batch) => this.#send(...batch));
  readonly #stalledClients = new StalledClients();
  /** What is to be done for clients, of whom thousands may come at once. */
  readonly #work = new WorkQueue();
  readonly #sweeping: NodeJS.Timeout;
  #isAttached = false;
  readonly #audiences = new Audiences();
  readonly #waiting: WaitingClients;
  /** Clients that get what they missed, part by part, with how far they are. They are not live yet, or not any more. */
  readonly #following = new Map<Client, Positions>();

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#catchUps = new CatchUps(options.history);
    this.#waiting = new WaitingClients({
      ...options,
      catchUps: this.#catchUps,
      work: this.#work,
      answer: (socket) => this.#answer(socket),
    });
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

  /**
   * Sends messages, new in the history, to everyone who watches their topic, and tells that some before them are lost.
   */
  publishAfterGap(topic: string, messages: Message[]): void {
    this.#fanout.flush(topic);
    // Those who fall behind at this are as far as they were before.
    this.#io.to(topic).emit('catch-up', this.#catchUps.afterGap(topic, messages));
    const batch = new LoweredBatch(messages);
    for (const audience of this.#audiences.of(topic))
      this.#io.to(audience.room).emit('catch-up', this.#catchUps.afterGap(topic, audience.matching(batch)));
    this.#catchUps.noteAllSent(topic);
    this.#waiting.look(topic);
  }

  /** Answers those who wait for a topic, which is loaded now. */
  loaded(topic: string): void {
    this.#catchUps.noteAllSent(topic);
    this.#waiting.look(topic);
  }

  /** Tells everyone who watches a topic that it was created anew. */
  restart(topic: string): void {
    this.#fanout.clear(topic);
    this.#catchUps.noteAllSent(topic);
    const rooms = [topic, ...this.#audiences.of(topic).map(({ room }) => room)];
    for (const room of rooms) this.#io.to(room).emit('restarted', { topic });
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
    this.#waiting.close();
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
      this.#countIn(socket);
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

  /**
   * Counts a client with a filter as one who watches so, until its connection is over, also when it never gets further
   * than here.
   */
  #countIn({ conn, data: { topic, filter } }: Client): void {
    if (isEverything(filter) || conn.readyState === 'closed') return;
    try {
      conn.once('close', this.#audiences.add(topic, filter));
    } catch (error) {
      if (error instanceof TooManyFiltersError) throw new HandshakeError(429, error.message);
      throw error;
    }
  }

  #welcome(socket: Client): void {
    this.#sayWelcome(socket);
    socket.on('disconnect', () => {
      this.#forget(socket);
      // Whoever leaves without closing the connection would hold it, uncounted.
      socket.conn.close();
    });
    this.#waiting.add(socket);
  }

  #forget(socket: Client): void {
    this.#waiting.forget(socket);
    this.#following.delete(socket);
  }

  #sayWelcome(socket: Client): void {
    const { aboutFor, dueAt, pageBuild } = this.#options;
    const about = aboutFor(socket.data.viewer);
    const due: Record<string, number> = {};
    for (const topic of about.topics) {
      const at = dueAt(topic);
      if (at !== null) due[topic] = at;
    }
    socket.emit('welcome', { ...about, ...pageBuild, now: Date.now(), due });
  }

  #answer(socket: Client): void {
    const { topic, positions, filter } = socket.data;
    const part = this.#catchUps.first(topic, positions, filter);
    if (positions) this.#metrics.resumed.inc({ recovered: String(part.catchUp.recovered) });
    this.#give(socket, part);
  }

  /**
   * Gives a client a part of what it missed, and makes it live if that is all. This is one go, so that nothing falls
   * between what it missed and what it gets live.
   */
  #give(socket: Client, { catchUp, next }: Part, isFirst = true): void {
    // It may have waited for long.
    if (!this.#maySee(socket)) return this.#cut(socket);
    const { topic, filter } = socket.data;
    const { messages, recovered } = catchUp;
    // Of many messages that passed without one for the client it is to know, too.
    const isNews = messages.length > 0 || !recovered || !(next || isEverything(filter));
    // To the client's own room, and not by the socket: a broadcast is encoded once for all who get the same.
    if (isFirst || isNews) this.#io.to(socket.id).emit('catch-up', catchUp);
    if (next) this.#follow(socket, next);
    else void socket.join(roomOf(topic, filter));
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
    const { topic, filter } = socket.data;
    this.#give(socket, this.#catchUps.following(topic, positions, filter), false);
  }

  /** A client that does not keep up with what is live gets it at its own pace from now on. */
  #fallBehind(socket: Client): void {
    const { topic, filter } = socket.data;
    void socket.leave(roomOf(topic, filter));
    this.#follow(socket, this.#catchUps.sent(topic).copy());
  }

  #maySee({ data }: Client): boolean {
    return this.#options.access.maySee(data.viewer, data.topic);
  }

  #sweep(): void {
    const now = performance.now();
    this.#lookThrough((socket) => {
      if (this.#stalledClients.isStalled(socket, now)) this.#giveUp(socket);
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
    const audiences = this.#audiences.of(topic);
    if (audiences.length > 0) this.#sendChosen(topic, messages, audiences);
    this.#catchUps.noteSent(topic, messages);
    this.#waiting.look(topic);
    if (!isWatched) return;
    this.#metrics.batch.observe(messages.length);
    this.#metrics.delay.observe(waitedMs / 1000);
  }

  /** Sends those with a filter what is for them of a batch. */
  #sendChosen(topic: string, messages: Message[], audiences: Audience[]): void {
    const positions = this.#catchUps.sentAfter(topic, messages);
    const batchOf = (chosen: Message[]): Batch => ({
      topic,
      messages: chosen,
      older: this.#catchUps.older(topic, chosen),
      positions,
    });
    // The same object, so that it is encoded once for all who get all of it.
    const whole = batchOf(messages);
    const lowered = new LoweredBatch(messages);
    for (const audience of audiences) {
      const chosen = audience.choose(lowered);
      if (!chosen) continue;
      const isWhole = chosen.length === messages.length;
      this.#io.to(audience.room).emit('messages', isWhole ? whole : batchOf(chosen));
    }
  }
}
