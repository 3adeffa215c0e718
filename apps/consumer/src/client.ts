import type { Socket } from 'socket.io';

/** Bytes that may pile up for one client. */
const LIMIT_BYTES = 1024 * 1024;

/** The parts of an Engine.IO connection that its types keep to themselves. */
interface Connection {
  writeBuffer: { data?: string | Buffer }[];
  transport: { socket?: { bufferedAmount: number; terminate(): void } };
}

/** Whether a client reads so slowly that more than 1 MiB is waiting for it. */
export function isSlow(socket: Socket): boolean {
  const { writeBuffer, transport } = connectionOf(socket);
  const bytes = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), transport.socket?.bufferedAmount ?? 0);
  return bytes > LIMIT_BYTES;
}

/**
 * Cuts a client off at once. Nothing more reaches it, neither what is sent from now on nor what is still waiting; a farewell would
 * wait behind that, too. It reconnects by itself, and resumes by its positions if it may.
 */
export function cutOff(socket: Socket): void {
  for (const room of socket.rooms) void socket.leave(room);
  connectionOf(socket).transport.socket?.terminate();
}

function connectionOf(socket: Socket): Connection {
  return socket.conn as unknown as Connection;
}
