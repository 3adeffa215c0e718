import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

interface SlowLineOptions {
  /** Where the server is. */
  url: string;
  /** What comes through to each client. */
  bytesPerSecond: number;
}

/**
 * A line to a server on which only so much comes through in a second to each client. What does not is not taken from
 * the server, as on a real line, so that it piles up there. What clients say comes through at once. It goes with the
 * test.
 */
export class SlowLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor({ url, bytesPerSecond }: SlowLineOptions) {
    const port = Number(new URL(url).port);
    this.#server = createServer((client) => {
      const server = connect({ port, host: '127.0.0.1' });
      client.pipe(server);
      for (const socket of [client, server]) this.#keep(socket);
      void trickle(server, client, bytesPerSecond);
    });
    onTestFinished(() => {
      this.#server.close();
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  static async open(options: SlowLineOptions): Promise<SlowLine> {
    const line = new SlowLine(options);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  /** Where clients find the server at the end of this line. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // The other end is told by its own close.
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

async function trickle(server: Socket, client: Socket, bytesPerSecond: number): Promise<void> {
  client.on('close', () => server.destroy());
  try {
    for await (const bytes of server as AsyncIterable<Buffer>) {
      client.write(bytes);
      await sleep((bytes.length / bytesPerSecond) * 1000);
    }
    client.end();
  } catch {
    client.destroy();
  }
}
