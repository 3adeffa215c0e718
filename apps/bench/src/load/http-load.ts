import { connect, type Socket } from 'node:net';
import { clock } from '../clock.ts';
import { percentile } from '../statistics.ts';

const HEADERS_END = Buffer.from('\r\n\r\n');
const LENGTH = /content-length: (\d+)/i;

export interface HttpMeasurement {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
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
  const start = clock();
  const latencies: number[] = [];
  let bytes = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const connection = new HttpConnection(port);
      while (clock() - start < ms) {
        const before = clock();
        const body = await connection.get(path());
        bytes += body.length;
        latencies.push(clock() - before);
      }
      connection.close();
    }),
  );
  return {
    perSecond: (latencies.length / (clock() - start)) * 1000,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    requests: latencies.length,
    bytes: bytes / latencies.length,
  };
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
