import { Positions } from '@hello/broadcasts/positions';
import { io, type Socket } from 'socket.io-client';
import type { About, PageBuild } from '../about.ts';
import type { Batch, CatchUp, ServerEvents } from '../server-events.ts';

export type State = 'connecting' | 'live' | 'reconnecting' | 'refused';

interface Handlers {
  onState: (state: State) => void;
  /** The server said no, in a sentence without a capital and a full stop, and with a status as in HTTP. */
  onRefused: (reason: string, status: number | undefined) => void;
  onWelcome: (welcome: About & PageBuild) => void;
  onCatchUp: (catchUp: CatchUp, resumed: boolean) => void;
  onBatch: (batch: Batch) => void;
  onRestarted: () => void;
}

/** The connection to the consumer: watches one topic, and resumes where it was after each interruption. */
export class Connection {
  readonly #socket: Socket<ServerEvents>;
  #topic: string | undefined;
  /** Missing before the first catch-up. Of a topic without messages they are there, but empty. */
  #positions: Positions | undefined;

  constructor(topic: string | undefined, handlers: Handlers) {
    this.#topic = topic;
    this.#socket = io({
      transports: ['websocket'],
      reconnectionDelay: 300,
      reconnectionDelayMax: 3_000,
      autoConnect: false,
      auth: (send) => send({ topic: this.#topic, positions: this.#positions }),
    });
    this.#listen(handlers);
    this.#socket.connect();
  }

  /** Watches a topic from its newest messages on, also the same one again. */
  watch(topic: string): void {
    this.#topic = topic;
    this.#positions = undefined;
    this.#socket.disconnect().connect();
  }

  #listen({ onState, onRefused, onWelcome, onCatchUp, onBatch, onRestarted }: Handlers): void {
    this.#socket.on('disconnect', (reason) => {
      if (reason !== 'io client disconnect') onState('reconnecting');
    });
    this.#socket.on('connect_error', (error) => {
      // An active socket tries again by itself; otherwise the server said no.
      onState(this.#socket.active ? 'reconnecting' : 'refused');
      const { data } = error as Error & { data?: { status: number } };
      if (!this.#socket.active) onRefused(error.message, data?.status);
    });
    this.#socket.on('welcome', onWelcome);
    this.#socket.on('catch-up', (catchUp) => {
      const resumed = this.#positions !== undefined;
      this.#topic = catchUp.topic;
      this.#positions = Positions.from(catchUp.positions);
      onState('live');
      onCatchUp(catchUp, resumed);
    });
    this.#socket.on('messages', (batch) => {
      for (const message of batch.messages) this.#positions?.advance(message);
      onBatch(batch);
    });
    this.#socket.on('restarted', () => {
      this.#positions?.clear();
      onRestarted();
    });
  }
}
