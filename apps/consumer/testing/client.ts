import type { PositionsObject } from '@hello/broadcasts';
import { io, type Socket } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import type { Batch, CatchUp, ClientEvents, ServerEvents, Welcome } from '../src/live/server-events.ts';
import type { Message } from '../src/history/message.ts';

/**
 * A client that takes everything as it comes and drops nothing, so that what is sent twice is seen twice. It resumes as
 * the page does: by the positions that it was told, and after those the last message of each partition.
 */
export class Client {
  messages: Message[] = [];
  catchUps: CatchUp[] = [];
  about: Welcome | undefined;
  restarts = 0;
  /** Connections that did not come about. */
  failures = 0;
  refusal: (Error & { data?: { status: number } }) | undefined;
  readonly socket: Socket<ServerEvents, ClientEvents>;
  #positions: PositionsObject | undefined;
  #changed = Promise.withResolvers<void>();

  /**
   * @param auth is sent in the handshake beside the positions.
   * @param headers are sent with the request that opens the connection.
   * @param path is where Socket.IO answers.
   */
  constructor(url: string, auth: object = {}, headers: Record<string, string> = {}, path = '/socket.io/') {
    this.socket = io(url, {
      path,
      transports: ['websocket'],
      forceNew: true,
      extraHeaders: headers,
      reconnectionDelay: 20,
      reconnectionDelayMax: 300,
      auth: (send) => send({ positions: this.#positions, ...auth }),
    });
    onTestFinished(() => void this.socket.close());
    this.socket.on('welcome', (about) => {
      this.about = about;
      this.#change();
    });
    this.socket.on('catch-up', (catchUp) => {
      this.catchUps.push(catchUp);
      this.#take(catchUp);
    });
    this.socket.on('messages', (batch) => this.#take(batch));
    this.socket.on('restarted', () => {
      this.restarts += 1;
      this.messages = [];
      this.#positions = {};
      this.#change();
    });
    this.socket.on('disconnect', () => this.#change());
    this.socket.on('connect_error', (error) => {
      this.failures += 1;
      if (!this.socket.active) this.refusal = error;
      this.#change();
    });
  }

  get offsets(): number[] {
    return this.messages.map(({ offset }) => offset);
  }

  /** Resolves as soon as the condition holds. */
  async until(condition: (client: this) => boolean): Promise<void> {
    while (!condition(this)) await this.#changed.promise;
  }

  /** Loses the connection, as when a network goes away, and connects again, to another replica if one is given. */
  drop(url?: string): void {
    const { io: manager } = this.socket;
    if (url) Object.assign(manager, { uri: url });
    manager.engine.close();
  }

  #take({ messages, positions }: Batch): void {
    if (positions) this.#positions = { ...positions };
    else
      for (const { partition, offset, timestamp } of messages)
        this.#positions![partition] = { next: offset + 1, timestamp };
    this.messages.push(...messages);
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
