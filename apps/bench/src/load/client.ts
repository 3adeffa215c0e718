import { connect, type Socket } from 'node:net';
import { connect as connectSecurely, type SecureContext } from 'node:tls';
import { ChunkReader } from './chunks.ts';
import type { Dialect } from './dialect.ts';
import { clientFrame, FrameReader, opcodes } from './frames.ts';

/** One buffer for every socket: it is read to its end before the next socket is. */
const BUFFER = Buffer.allocUnsafe(256 * 1024);
const HEADERS_END = Buffer.from('\r\n\r\n');
const HOST = '127.0.0.1';
const CONNECT_MS = 30_000;
/** The headers by which a client asks for messages, and the status with which it gets them. */
const ASKED = {
  websocket: [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: aGVsbG8gd29ybGQgaGVsbA==',
    'Sec-WebSocket-Version: 13',
  ],
  'event stream': ['Accept: text/event-stream'],
};
const ACCEPTED = { websocket: '101', 'event stream': '200' };

interface ClientOptions {
  port: number;
  dialect: Dialect;
  /** Whom it trusts, where the server speaks TLS. */
  trust?: SecureContext | undefined;
  /** The address of this machine that it comes from. */
  from?: string | undefined;
  /** Told of each text that has messages. The bytes are only good during the call. */
  onMessages: (bytes: Buffer, start: number, end: number) => void;
  /** Told of everything that came, so that it can be counted. */
  onBytes: (count: number) => void;
  onLost: () => void;
}

/** One connection that messages come by, with as little work per message as there can be. */
export class Client {
  readonly #options: ClientOptions;
  readonly #socket: Socket;
  readonly #reader: FrameReader | ChunkReader;
  readonly #ready = Promise.withResolvers<void>();
  #accepted = false;
  #greeted = false;
  #isReady = false;
  #closed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#reader =
      options.dialect.transport === 'websocket'
        ? new FrameReader((opcode, bytes, start, end) => this.#onFrame(opcode, bytes, start, end))
        : new ChunkReader((bytes, start, end) => this.#onFrame(opcodes.text, bytes, start, end));
    this.#socket = this.#connect(options);
    // Nobody may be waiting any more when it fails.
    this.#ready.promise.catch(() => {});
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the server closed the connection')));
  }

  /** Resolves when the server will send this client what is live. */
  async ready(): Promise<void> {
    const timeout = setTimeout(() => this.#end(new Error('the server does not answer')), CONNECT_MS);
    await this.#ready.promise.finally(() => clearTimeout(timeout));
  }

  /** Ends it without a farewell, so that no port of this machine stays taken. */
  close(): void {
    this.#closed = true;
    this.#socket.resetAndDestroy();
  }

  #connect({ port, dialect, trust, from }: ClientOptions): Socket {
    const options = {
      host: HOST,
      port,
      localAddress: from,
      noDelay: true,
      onread: {
        buffer: BUFFER,
        callback: (count: number) => {
          this.#read(BUFFER.subarray(0, count));
          return true;
        },
      },
    };
    const ask = (): void => void this.#socket.write(request(port, dialect));
    if (trust) return connectSecurely({ ...options, secureContext: trust, minVersion: 'TLSv1.3' }, ask);
    return connect(options, ask);
  }

  #read(bytes: Buffer): void {
    if (this.#accepted) {
      this.#options.onBytes(bytes.length);
      this.#reader.push(bytes);
      return;
    }
    // Servers answer a request in one piece, and what follows may come with it.
    const end = bytes.indexOf(HEADERS_END);
    const { transport, greeting } = this.#options.dialect;
    if (!bytes.toString('latin1', 0, 12).endsWith(ACCEPTED[transport]) || end === -1)
      return this.#end(new Error(`not accepted: ${bytes.toString('latin1', 0, 100)}`));
    this.#accepted = true;
    if (!greeting) this.#markReady();
    if (greeting?.after === 'open') this.#greet(greeting.text);
    if (end + HEADERS_END.length < bytes.length) this.#read(bytes.subarray(end + HEADERS_END.length));
  }

  #onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === opcodes.text && this.#isReady && end - start > 3) {
      this.#options.onMessages(bytes, start, end);
      return;
    }
    if (opcode === opcodes.ping) this.#socket.write(clientFrame(opcodes.pong, bytes.subarray(start, end)));
    if (opcode === opcodes.text) this.#hear(bytes.toString('latin1', start, end));
  }

  #hear(text: string): void {
    const { dialect } = this.#options;
    const { greeting } = dialect;
    if (greeting?.after === 'first text' && !this.#greeted) return this.#greet(greeting.text);
    const heard = dialect.hear(text);
    if (heard === 'ready') this.#markReady();
    else if (heard === 'refused') this.#end(new Error(`the server refused: ${text}`));
    else if (typeof heard === 'object') this.#socket.write(clientFrame(opcodes.text, heard.answer));
  }

  #greet(text: string): void {
    this.#greeted = true;
    this.#socket.write(clientFrame(opcodes.text, text));
  }

  #markReady(): void {
    this.#isReady = true;
    this.#ready.resolve();
  }

  #end(error: Error): void {
    this.#ready.reject(error);
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    if (this.#isReady) this.#options.onLost();
  }
}

function request(port: number, { path, transport }: Dialect): string {
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${HOST}:${port}`, ...ASKED[transport]];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
