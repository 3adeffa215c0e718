import { Positions } from '@hello/broadcasts/positions';
import { io, type Socket } from 'socket.io-client';
import type { Batch, CatchUp, ClientEvents, ServerEvents, Welcome } from '../live/server-events.ts';
import type { Address } from './address.ts';
import { placesOf } from './incoming.ts';

/** What somebody watches: a topic, by default the first, or only what they look for in it. */
export type Watched = Pick<Address, 'topic' | 'contains' | 'key'>;

/** The server said no. */
export interface Refusal {
  /** A sentence without a capital and a full stop. */
  reason: string;
  /** As in HTTP, if the server gave one. */
  status: number | undefined;
  /** Whether the connection tries again by itself, since the answer may be another one then. */
  mayPass: boolean;
}

interface Handlers {
  onLive: () => void;
  /** There is no connection. The next try begins in so many milliseconds; null when none is to come. */
  onAway: (kind: 'lost' | 'refused', nextTryMs: number | null) => void;
  /** A try begins. */
  onTry: () => void;
  onRefused: (refusal: Refusal) => void;
  onWelcome: (welcome: Welcome) => void;
  onCatchUp: (catchUp: CatchUp, resumed: boolean) => void;
  onBatch: (batch: Batch) => void;
  onRestarted: () => void;
}

const BAD_REQUEST = 400;
const SIGN_IN_FIRST = 401;
/**
 * Nothing that a replica may get to know within a rollout, unlike a topic or a grant: the server is there, but has no
 * room.
 */
const isBusy = (status: number | undefined) => status === undefined || status === 429 || status >= 500;

/**
 * Pauses before another try, each twice as long as the one before, in milliseconds: a server that says no is asked less
 * often.
 */
const PAUSE_MS = { lost: 300, refused: 1_000 };
const PAUSE_MAX_MS = { lost: 3_000, refused: 60_000 };

/** The connection to the consumer: watches one topic, and resumes where it was after each interruption. */
export class Connection {
  readonly #handlers: Handlers;
  readonly #socket: Socket<ServerEvents, ClientEvents>;
  #watched: Watched;
  /** Missing before the first catch-up. Of a topic without messages they are there, but empty. */
  #positions: Positions | undefined;
  /** Whether the page has messages of the topic, so that what comes follows on them. */
  #resumes = false;
  #pauses = { ...PAUSE_MS };
  #nextTry: ReturnType<typeof setTimeout> | undefined;

  constructor(watched: Watched, handlers: Handlers) {
    this.#watched = watched;
    this.#handlers = handlers;
    this.#socket = io({
      path: new URL('socket.io/', document.baseURI).pathname,
      transports: ['websocket'],
      // The page says when the next try begins, which Socket.IO's own tries do not tell.
      reconnection: false,
      autoConnect: false,
      auth: (send) => send({ ...this.#watched, positions: this.#positions }),
    });
    this.#listen();
    this.#socket.connect();
    addEventListener('online', () => this.#hurry());
    addEventListener('pageshow', ({ persisted }) => persisted && this.#hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry());
  }

  /** Watches a topic, or some of it, from the newest messages on; also the same one again. */
  watch(watched: Watched): void {
    this.#watched = watched;
    this.#positions = undefined;
    this.#resumes = false;
    this.#connectAnew();
  }

  /**
   * Asks the server for its time, in milliseconds since the Unix epoch.
   *
   * @throws {Error} when the connection is not there, or is lost meanwhile.
   */
  async askTime(): Promise<number> {
    if (!this.#socket.connected) throw new Error('there is no connection');
    return this.#socket.emitWithAck('time');
  }

  #listen(): void {
    const { onLive, onWelcome, onCatchUp, onBatch, onRestarted } = this.#handlers;
    this.#socket.on('disconnect', (reason) => {
      if (reason !== 'io client disconnect') this.#lose();
    });
    this.#socket.on('connect_error', (error) => {
      // A socket that is not active any more was told no by the server.
      if (this.#socket.active) this.#lose();
      else this.#takeRefusal(error);
    });
    this.#socket.on('welcome', onWelcome);
    this.#socket.on('catch-up', (catchUp) => {
      const resumed = this.#resumes;
      this.#watched.topic = catchUp.topic;
      this.#positions = Positions.from(catchUp.positions ?? {});
      this.#resumes = true;
      this.#pauses = { ...PAUSE_MS };
      onLive();
      onCatchUp(catchUp, resumed);
    });
    this.#socket.on('messages', (batch) => {
      // Of those who look for something only the server knows what passed beside it.
      if (batch.positions) this.#positions = Positions.from(batch.positions);
      else for (const place of placesOf(batch.messages)) this.#positions?.advance(place);
      onBatch(batch);
    });
    this.#socket.on('restarted', () => {
      this.#positions?.clear();
      onRestarted();
    });
  }

  #lose(): void {
    this.#handlers.onAway('lost', this.#tryLater('lost'));
  }

  #takeRefusal(error: Error & { data?: { status: number } }): void {
    const { onAway, onRefused } = this.#handlers;
    const status = error.data?.status;
    if (status === BAD_REQUEST && this.#positions) {
      // It may be the positions that this server does not take. Without them it sends the newest messages.
      this.#positions = undefined;
      return this.#connectAnew();
    }
    const mayPass = status !== BAD_REQUEST && status !== SIGN_IN_FIRST;
    const nextTryMs = mayPass ? this.#tryLater('refused') : null;
    onAway(isBusy(status) ? 'lost' : 'refused', nextTryMs);
    onRefused({ reason: error.message, status, mayPass });
  }

  /**
   * Tries again after a pause, which is not the same for all who lost the server at once. Answers with its
   * milliseconds.
   */
  #tryLater(why: keyof typeof PAUSE_MS): number {
    clearTimeout(this.#nextTry);
    const ms = this.#pauses[why] * (0.5 + Math.random() / 2);
    this.#nextTry = setTimeout(() => this.#connectAnew(), ms);
    this.#pauses[why] = Math.min(2 * this.#pauses[why], PAUSE_MAX_MS[why]);
    return ms;
  }

  /** Tries at once what was to be tried later: the network came back, or somebody looks. */
  #hurry(): void {
    if (!this.#socket.connected) this.#connectAnew();
  }

  #connectAnew(): void {
    clearTimeout(this.#nextTry);
    this.#handlers.onTry();
    this.#socket.disconnect().connect();
  }
}
