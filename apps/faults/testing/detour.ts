import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { DetourPorts } from './kafka.ts';

/** What stands between clients and a server, and can hurt their connections. It goes with the test. */
export class Detour {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isBlack = false;

  private constructor(forward: number) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#lead(client, forward));
    onTestFinished(() => {
      this.#server.close();
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  static async open({ listen, forward }: DetourPorts): Promise<Detour> {
    const detour = new Detour(forward);
    detour.#server.listen(listen, '127.0.0.1');
    await once(detour.#server, 'listening');
    return detour;
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Resets every connection, as a firewall does that forgot them. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** From now on nothing comes through, in either direction, and nobody is told. */
  blackhole(): void {
    this.#isBlack = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What was held back comes through, as TCP would send it again. */
  clear(): void {
    this.#isBlack = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #lead(client: Socket, forward: number): void {
    const server = connect({ port: forward, host: '127.0.0.1', allowHalfOpen: true });
    this.#join(client, server);
    this.#join(server, client);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => to.write(bytes));
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroySoon();
    });
    if (this.#isBlack) from.pause();
  }
}
