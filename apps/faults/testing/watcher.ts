import { EventEmitter } from 'node:events';
import type { PositionsObject } from '@hello/broadcasts';
import { WebSocket } from 'ws';
import type { CatchUp } from '../../consumer/src/live/server-events.ts';
import type { Message } from '../../consumer/src/history/message.ts';
import { hello, type Packet, PONG, readPacket } from './packet.ts';
import { advance, beginStretch, type Stretch } from './stretch.ts';

export interface WatcherOptions {
  /** Where to connect, asked each time. */
  url: () => string;
  topic: string;
  /** What it has from before; by default nothing. */
  positions?: PositionsObject;
  /** Sent with the request that opens a connection. */
  headers?: Record<string, string>;
  /** How long to wait before connecting again, in milliseconds. */
  delayMs?: () => number;
}

const placeOf = ({ partition, offset, timestamp }: Message): string => `${partition}/${offset}@${timestamp}`;

/**
 * A client as light as can be, so that a thousand of them cost what one browser does. It speaks Socket.IO by hand,
 * takes all as it comes, so that what is sent twice is seen twice, and resumes by its positions as the page does. It
 * says `change` whenever something happened.
 */
export class Watcher extends EventEmitter<{ change: [] }> {
  readonly stretches: Stretch[] = [];
  /** How often the server said that something is missing. */
  gaps = 0;
  /** How often it said that the topic was created anew. */
  restarts = 0;
  /** How often it connected and was answered. */
  connections = 0;
  readonly #options: WatcherOptions;
  #socket: WebSocket | undefined;
  #positions: PositionsObject | undefined;
  #isAnswered = false;
  #isAway = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatcherOptions) {
    super();
    this.#options = options;
    if (options.positions) this.#comeWith(options.positions);
    this.#connect();
  }

  /** What it shows without a gap up to now. */
  get shown(): Message[] {
    return this.stretches.at(-1)?.shown ?? [];
  }

  get last(): Message | undefined {
    return this.shown.at(-1);
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Loses the connection without a farewell, and comes back by itself. */
  drop(): void {
    this.#socket?.terminate();
  }

  /** Goes away and stays there. */
  leave(): void {
    this.#isAway = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  comeBack(): void {
    this.#isAway = false;
    this.#connect();
  }

  /** Stays connected, but takes nothing off the wire. */
  stopReading(): void {
    this.#socket?.pause();
  }

  readAgain(): void {
    this.#socket?.resume();
  }

  #comeWith(positions: PositionsObject): void {
    this.#positions = structuredClone(positions);
    const from = Object.fromEntries(Object.entries(positions).map(([partition, { next }]) => [partition, next]));
    this.stretches.push({ from, shown: [] });
  }

  #connect(): void {
    const { url, headers } = this.#options;
    const socket = new WebSocket(`${url().replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
      headers,
    });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(readPacket(data.toString()), socket));
    // What is wrong shows in that it does not come back.
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#isAway || socket !== this.#socket) return;
      this.#timer = setTimeout(() => this.#connect(), this.#options.delayMs?.() ?? 20 + Math.random() * 280);
      this.emit('change');
    });
  }

  #take(packet: Packet, socket: WebSocket): void {
    if (packet.type === 'open') {
      this.#isAnswered = false;
      socket.send(hello({ topic: this.#options.topic, positions: this.#positions }));
    }
    if (packet.type === 'ping') socket.send(PONG);
    if (packet.type !== 'event') return;
    const [name, data] = packet.event;
    if (name === 'catch-up') {
      if (!this.#isAnswered) this.connections += 1;
      this.#isAnswered = true;
      this.#catchUp(data);
    }
    if (name === 'messages') this.#show(data.messages);
    if (name === 'restarted') this.#restart();
    this.emit('change');
  }

  #catchUp(catchUp: CatchUp): void {
    const { recovered, positions, messages } = catchUp;
    const isFirst = this.stretches.length === 0;
    if (isFirst || !recovered) this.stretches.push(beginStretch(catchUp));
    if (!isFirst && !recovered) this.gaps += 1;
    const fresh = isFirst || recovered ? messages : this.#notShownBefore(messages);
    this.shown.push(...fresh);
    this.#positions = structuredClone(positions);
  }

  /** After a gap come the newest messages, whether the client has them or not; as the page does, it shows them once. */
  #notShownBefore(messages: Message[]): Message[] {
    const before = new Set(this.stretches.flatMap(({ shown }) => shown.map(placeOf)));
    return messages.filter((message) => !before.has(placeOf(message)));
  }

  #show(messages: Message[]): void {
    this.shown.push(...messages);
    for (const message of messages) advance(this.#positions!, message);
  }

  #restart(): void {
    this.restarts += 1;
    this.#positions = {};
    this.stretches.push({ from: {}, shown: [] });
  }
}
