import { Positions } from '@hello/broadcasts/positions';
import { io, type Socket } from 'socket.io-client';
import type { Batch, CatchUp, ClientEvents, ServerEvents, Welcome } from '../server-events.ts';
import { placesOf } from './incoming.ts';

export type State = 'connecting' | 'live' | 'reconnecting' | 'refused';

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
  onState: (state: State) => void;
  onRefused: (refusal: Refusal) => void;
  onWelcome: (welcome: Welcome) => void;
  onCatchUp: (catchUp: CatchUp, resumed: boolean) => void;
  onBatch: (batch: Batch) => void;
  onRestarted: () => void;
}

const BAD_REQUEST = 400;
const SIGN_IN_FIRST = 401;
/** Nothing that a replica may get to know within a rollout, unlike a topic or a grant: the server is there, but has no room. */
const isBusy = (status: number | undefined) => status === undefined || status === 429 || status >= 500;

/** Pauses before another try after a refusal, each twice as long as the one before, in milliseconds. */
const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 60_000;

/** The connection to the consumer: watches one topic, and resumes where it was after each interruption. */
export class Connection {
  readonly #handlers: Handlers;
  readonly #socket: Socket<ServerEvents, ClientEvents>;
  #topic: string | undefined;
  /** Missing before the first catch-up. Of a topic without messages they are there, but empty. */
  #positions: Positions | undefined;
  /** Whether the page has messages of the topic, so that what comes follows on them. */
  #resumes = false;
  #pause = PAUSE_MS;
  #nextTry: ReturnType<typeof setTimeout> | undefined;

  constructor(topic: string | undefined, handlers: Handlers) {
    this.#topic = topic;
    this.#handlers = handlers;
    this.#socket = io({
      path: new URL('socket.io/', document.baseURI).pathname,
      transports: ['websocket'],
      reconnectionDelay: 300,
      reconnectionDelayMax: 3_000,
      autoConnect: false,
      auth: (send) => send({ topic: this.#topic, positions: this.#positions }),
    });
    this.#listen();
    this.#socket.connect();
    addEventListener('online', () => this.#hurry());
    addEventListener('pageshow', ({ persisted }) => persisted && this.#hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry());
  }

  /** Watches a topic from its newest messages on, also the same one again. */
  watch(topic: string): void {
    this.#topic = topic;
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
    const { onState, onWelcome, onCatchUp, onBatch, onRestarted } = this.#handlers;
    this.#socket.on('disconnect', (reason) => {
      if (reason !== 'io client disconnect') onState('reconnecting');
    });
    this.#socket.on('connect_error', (error) => {
      // An active socket tries again by itself; otherwise the server said no.
      if (this.#socket.active) onState('reconnecting');
      else this.#takeRefusal(error);
    });
    this.#socket.on('welcome', onWelcome);
    this.#socket.on('catch-up', (catchUp) => {
      const resumed = this.#resumes;
      this.#topic = catchUp.topic;
      this.#positions = Positions.from(catchUp.positions ?? {});
      this.#resumes = true;
      this.#pause = PAUSE_MS;
      onState('live');
      onCatchUp(catchUp, resumed);
    });
    this.#socket.on('messages', (batch) => {
      for (const place of placesOf(batch.messages)) this.#positions?.advance(place);
      onBatch(batch);
    });
    this.#socket.on('restarted', () => {
      this.#positions?.clear();
      onRestarted();
    });
  }

  #takeRefusal(error: Error & { data?: { status: number } }): void {
    const { onState, onRefused } = this.#handlers;
    const status = error.data?.status;
    if (status === BAD_REQUEST && this.#positions) {
      // It may be the positions that this server does not take. Without them it sends the newest messages.
      this.#positions = undefined;
      return this.#connectAnew();
    }
    const mayPass = status !== BAD_REQUEST && status !== SIGN_IN_FIRST;
    if (mayPass) this.#tryLater();
    onState(isBusy(status) ? 'reconnecting' : 'refused');
    onRefused({ reason: error.message, status, mayPass });
  }

  /** Tries again after a pause, which is not the same for all who were refused at once. */
  #tryLater(): void {
    this.#nextTry = setTimeout(() => this.#connectAnew(), this.#pause * (0.5 + Math.random() / 2));
    this.#pause = Math.min(2 * this.#pause, PAUSE_MAX_MS);
  }

  /** Tries at once what was to be tried later: the network came back, or somebody looks. */
  #hurry(): void {
    if (!this.#socket.connected) this.#connectAnew();
  }

  #connectAnew(): void {
    clearTimeout(this.#nextTry);
    this.#socket.disconnect().connect();
  }
}
