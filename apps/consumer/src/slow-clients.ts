import type { Server, Socket } from 'socket.io';

/** Bytes that may pile up for one client. */
const LIMIT_BYTES = 1024 * 1024;
const SWEEP_MS = 1_000;

/** The parts of an Engine.IO connection that its types keep to themselves. */
interface Connection {
  writeBuffer: { data?: string | Buffer }[];
  transport: { socket?: { bufferedAmount: number; terminate(): void } };
}

/**
 * Disconnects, from now on, every client that reads so slowly that more than 1 MiB is waiting for it. It is cut off without a
 * farewell, which would wait behind the rest; it reconnects and resumes by its positions.
 *
 * @returns what ends it.
 */
export function evictSlowClients(io: Server, onEvicted: (socket: Socket) => void): () => void {
  const timer = setInterval(() => {
    for (const socket of io.of('/').sockets.values()) {
      if (waitingBytes(socket) <= LIMIT_BYTES) continue;
      onEvicted(socket);
      connectionOf(socket).transport.socket?.terminate();
    }
  }, SWEEP_MS);
  return () => clearInterval(timer);
}

function waitingBytes(socket: Socket): number {
  const { writeBuffer, transport } = connectionOf(socket);
  return writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), transport.socket?.bufferedAmount ?? 0);
}

function connectionOf(socket: Socket): Connection {
  return socket.conn as unknown as Connection;
}
