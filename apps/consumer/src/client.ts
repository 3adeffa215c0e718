import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';

/** The parts of an Engine.IO connection that its types keep to themselves. */
export interface Connection {
  readyState: string;
  /** What waits in Engine.IO. */
  writeBuffer: { data?: string | Buffer }[];
  transport: { socket?: { bufferedAmount: number; terminate(): void; _socket: TcpSocket } };
}

/** Bytes that wait for a client. */
export function waitingBytes(socket: Socket): number {
  const { writeBuffer, transport } = connectionOf(socket);
  let bytes = transport.socket?.bufferedAmount ?? 0;
  for (const { data } of writeBuffer) bytes += data?.length ?? 0;
  return bytes;
}

/** Bytes that the client's side of the connection has taken so far. */
export function takenBytes(socket: Socket): number {
  const websocket = connectionOf(socket).transport.socket;
  return websocket ? websocket._socket.bytesWritten - websocket.bufferedAmount : 0;
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
