import type { Server as HttpServer } from 'node:http';
import type { PartitionOffsets } from '@hello/broadcasts';
import type { Logger } from '@hello/service';
import { Server } from 'socket.io';
import type { Access, Origins } from '../access/index.ts';
import type { History, Message } from '../history/index.ts';
import type { Instant } from '../instant.ts';
import type { MessageTraces } from '../message-traces.ts';
import type { LiveMetrics } from '../metrics.ts';
import { WorkQueue } from '../work-queue.ts';
import { Admission } from './admission.ts';
import { Audiences } from './audiences.ts';
import { CatchUps } from './catch-up.ts';
import { CatchingUpClients } from './catching-up-clients.ts';
import { ClientChecks } from './client-checks.ts';
import { Fanout } from './fanout.ts';
import { Rooms } from './rooms.ts';
import { answerTime } from './server-time.ts';
import type { Client, LiveServer } from './socket.io/client.ts';
import { limitPackets } from './socket.io/packet-limit.ts';
import { StraightAdapter } from './socket.io/straight-adapter.ts';
import { WaitingClients } from './waiting-clients.ts';
import { welcomeFor, type WelcomeOptions } from './welcome.ts';

interface LiveOptions extends WelcomeOptions {
  history: History;
  access: Access;
  origins: Origins;
  connectionsPerAccount: number;
  /** Whether a topic is loaded into the history, so that clients can be answered. */
  isLoaded: (topic: string) => boolean;
  /** Where a topic's partitions begin and end now. Rejects when the log cannot be asked. */
  listOffsets: (topic: string) => Promise<PartitionOffsets[]>;
  /** Made once the live side can say how many clients it has, and what they were sent. */
  metrics: (state: () => { clients: number; sentBytes: number }) => LiveMetrics;
  /** Missing where nobody wants traces. */
  traces: MessageTraces | undefined;
  logger: Logger;
}

/** Time from a connection to its handshake, in milliseconds. */
const HANDSHAKE_MS = 5_000;
/**
 * A handshake is the largest thing that a client sends: 1,000 partitions, each with the longest of offsets and times,
 * are 70 KB.
 */
const MAX_FRAME_BYTES = 128 * 1024;

/**
 * The live side: clients over Socket.IO, each with one topic or what it asks for of it. A client is admitted, waits
 * until it can be answered, catches up, and is live then, which is to be in a room.
 */
export class Live {
  readonly #options: LiveOptions;
  readonly #io: LiveServer;
  readonly #metrics: LiveMetrics;
  readonly #catchUps: CatchUps;
  readonly #fanout = new Fanout((...batch) => this.#send(...batch));
  readonly #rooms: Rooms;
  readonly #waiting: WaitingClients;
  readonly #catchingUp: CatchingUpClients;
  readonly #checks: ClientChecks;
  #isAttached = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#io = this.#createServer();
    this.#metrics = options.metrics(() => ({ clients: this.#clients.size, sentBytes: this.#adapter.sentBytes }));
    this.#catchUps = new CatchUps(options.history);
    const audiences = new Audiences();
    // What is to be done for clients, of whom thousands may come at once.
    const work = new WorkQueue();
    const { access, connectionsPerAccount, isLoaded, listOffsets, logger } = options;
    const common = { io: this.#io, catchUps: this.#catchUps, audiences, work, access, metrics: this.#metrics, logger };
    const clients = () => this.#clients.values();
    this.#rooms = new Rooms(common);
    this.#checks = new ClientChecks({ ...common, clients, onCutOff: (client) => this.#forget(client) });
    this.#catchingUp = new CatchingUpClients({ ...common, check: (client) => this.#checks.check(client) });
    this.#waiting = new WaitingClients({
      ...common,
      isLoaded,
      listOffsets,
      answer: (client) => this.#answer(client),
    });
    const onRefused = () => this.#metrics.refused.inc();
    const admission = new Admission({ ...common, connectionsPerAccount, clients, onRefused });
    this.#io.use((client, next) => admission.admit(client, next));
    this.#io.on('connection', (client) => this.#welcome(client));
    this.#adapter.on('behind', (id: string) => this.#catchingUp.fallBehind(this.#clients.get(id)!));
  }

  /** Answers clients on an HTTP server, which `close` will close. */
  attach(server: HttpServer): void {
    this.#io.attach(server);
    limitPackets(this.#io.engine, () => this.#metrics.noisy.inc());
    this.#isAttached = true;
  }

  /** Sends messages, new in the history, to everyone who watches their topic. */
  publish(topic: string, messages: Message[]): void {
    this.#fanout.push(topic, messages);
  }

  /** Resolves when a topic's messages go out as fast as they come. */
  whenDrained(topic: string): Promise<void> {
    return this.#fanout.whenDrained(topic);
  }

  /**
   * Sends messages, new in the history, to everyone who watches their topic, and tells that some before them are lost.
   */
  publishAfterGap(topic: string, messages: Message[]): void {
    this.#fanout.flush(topic);
    // Those who fall behind at this are as far as they were before.
    this.#rooms.sendAfterGap(topic, messages);
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
    this.#rooms.sendRestarted(topic);
    this.#catchingUp.restart(topic);
  }

  /** Cuts off whoever may not see their topic any more, and tells the others what they may see now. */
  recheck(): void {
    this.#checks.forEach((client) => {
      if (this.#checks.check(client)) this.#sayWelcome(client);
    });
  }

  /** Ends every connection in a way that makes clients reconnect, and the HTTP server with them. */
  async close(): Promise<void> {
    this.#checks.close();
    this.#waiting.close();
    this.#fanout.close();
    // Socket.IO cannot close what was never attached.
    if (this.#isAttached) await this.#io.close();
  }

  get #clients(): Map<string, Client> {
    return this.#io.of('/').sockets;
  }

  get #adapter(): StraightAdapter {
    return this.#io.of('/').adapter as StraightAdapter;
  }

  #createServer(): LiveServer {
    const { origins } = this.#options;
    return new Server({
      transports: ['websocket'],
      perMessageDeflate: false,
      maxHttpBufferSize: MAX_FRAME_BYTES,
      serveClient: false,
      connectTimeout: HANDSHAKE_MS,
      allowRequest: (request, answer) => {
        const allowed = origins.allow(request.headers);
        if (!allowed) this.#metrics.refused.inc();
        answer(allowed ? null : origins.refusal(request.headers.origin), allowed);
      },
      adapter: StraightAdapter,
    });
  }

  #welcome(client: Client): void {
    answerTime(client);
    this.#sayWelcome(client);
    client.on('disconnect', () => {
      this.#forget(client);
      // Whoever leaves without closing the connection would hold it, uncounted.
      client.conn.close();
    });
    this.#waiting.add(client);
  }

  #sayWelcome(client: Client): void {
    client.emit('welcome', welcomeFor(client.data.viewer, this.#options));
  }

  #answer(client: Client): void {
    const { topic, positions, filter } = client.data;
    const part = this.#catchUps.first(topic, positions, filter);
    if (positions) this.#metrics.resumed.inc({ recovered: String(part.catchUp.recovered) });
    this.#catchingUp.give(client, part);
  }

  #forget(client: Client): void {
    this.#waiting.forget(client);
    this.#catchingUp.forget(client);
  }

  #send(topic: string, messages: Message[], pushed: Instant): void {
    // Those who fall behind at this batch are as far as the one before.
    const isWatched = this.#rooms.send(topic, messages);
    this.#metrics.latency.note(messages[0]!, pushed);
    this.#options.traces?.noteSent(messages);
    this.#catchUps.noteSent(topic, messages);
    this.#waiting.look(topic);
    if (isWatched) this.#metrics.batch.observe(messages.length);
  }
}
