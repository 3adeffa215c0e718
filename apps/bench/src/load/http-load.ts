import { connect, type Socket } from 'node:net';
import { clock } from '../clock.ts';
import { percentile } from '../statistics.ts';

const HEADERS_END = Buffer.from('\r\n\r\n');
const LENGTH = /content-length: (\d+)/i;

export interface HttpMeasurement {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  requests: number;
  bytes: number;
}

interface HttpLoadOptions {
  port: number;
  /** The path of each request in turn. */
  path: () => string;
  connections: number;
  ms: number;
}

/**
 * Asks a server over a few connections for some time, on each for the next as soon as it has the last.
 *
 * @throws when an answer is not 200, so that errors never count as speed.
 */
export async function measureHttp({ port, path, connections, ms }: HttpLoadOptions): Promise<HttpMeasurement> {
  const answers = new Answers();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = new HttpConnection(port);
      while (answers.ms < ms) await answers.time(() => connection.get(path()));
      connection.close();
    }),
  );
  return answers.measured();
}

/** Answers of a server, timed. */
export class Answers {
  readonly #start = clock();
  readonly #latencies: number[] = [];
  #bytes = 0;

  /** Time since the first question. */
  get ms(): number {
    return clock() - this.#start;
  }

  async time(ask: () => Promise<Buffer>): Promise<Buffer> {
    const before = clock();
    const body = await ask();
    this.#latencies.push(clock() - before);
    this.#bytes += body.length;
    return body;
  }

  measured(): HttpMeasurement {
    const { length } = this.#latencies;
    return {
      perSecond: (length / this.ms) * 1000,
      p50Ms: percentile(this.#latencies, 0.5),
      p99Ms: percentile(this.#latencies, 0.99),
      maxMs: this.#latencies.reduce((longest, each) => Math.max(longest, each), 0),
      requests: length,
      bytes: this.#bytes / length,
    };
  }
}

/** One connection that is kept alive: fetch would take as long as the server that is measured. */
export class HttpConnection {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<Buffer> | undefined;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  /** The body of an answer. */
  get(path: string): Promise<Buffer> {
    this.#waiting = Promise.withResolvers();
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    return this.#waiting.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const end = this.#bytes.indexOf(HEADERS_END);
    if (end === -1) return;
    const headers = this.#bytes.toString('latin1', 0, end);
    const start = end + HEADERS_END.length;
    const length = Number(LENGTH.exec(headers)?.[1]);
    if (this.#bytes.length - start < length) return;
    const body = this.#bytes.subarray(start, start + length);
    this.#bytes = Buffer.alloc(0);
    const waiting = this.#waiting!;
    if (headers.startsWith('HTTP/1.1 200 ')) waiting.resolve(body);
    else waiting.reject(new Error(`${headers.split('\r\n')[0]}: ${body.toString()}`));
  }
}
