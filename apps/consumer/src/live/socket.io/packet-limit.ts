import type { Server } from 'socket.io';
import type { Connection } from './client.ts';

/**
 * A client says a handshake, a heartbeat each 25 s, and asks for the time four times in a row at most once a minute or
 * so. This is generous, also for one that is refused and tries again.
 */
const PACKETS = 20;
const WINDOW_MS = 10_000;

type Engine = Server['engine'];

interface SpeakingConnection extends Connection {
  on(event: 'packet', listener: () => void): void;
}

/** Cuts off, from now on, every client that says more than 20 packets in 10 s, whatever they are. */
export function limitPackets(engine: Engine, onCut: () => void): void {
  engine.on('connection', (connection: SpeakingConnection) => {
    let count = 0;
    let since = performance.now();
    connection.on('packet', () => {
      const now = performance.now();
      if (now - since >= WINDOW_MS) [count, since] = [0, now];
      count += 1;
      if (count !== PACKETS + 1) return;
      onCut();
      connection.transport.socket?.terminate();
    });
  });
}
