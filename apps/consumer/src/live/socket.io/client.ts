import type { Socket as TcpSocket } from 'node:net';
import type { Server, Socket } from 'socket.io';
import type { Viewer } from '../../access/index.ts';
import type { Handshake } from '../handshake.ts';
import { progressOf } from '../../progress.ts';
import type { ClientEvents, ServerEvents } from '../server-events.ts';

/** What one server says to another: nothing, since none knows of another. */
type NoEvents = Record<string, never>;
type ClientData = Handshake & { viewer: Viewer };
export type Client = Socket<ClientEvents, ServerEvents, NoEvents, ClientData>;
export type LiveServer = Server<ClientEvents, ServerEvents, NoEvents, ClientData>;

/** The parts of an Engine.IO connection that its types keep to themselves. */
export interface Connection {
  readyState: string;
  /** What waits in Engine.IO. */
  writeBuffer: { data?: string | Buffer }[];
  transport: {
    writable: boolean;
    socket?: { bufferedAmount: number; terminate(): void; _socket: TcpSocket };
    once(event: 'drain', listener: () => void): void;
  };
}

/** Bytes that wait for a client. */
export function bufferedBytes(socket: Socket): number {
  const { writeBuffer, transport } = connectionOf(socket);
  let bytes = transport.socket?.bufferedAmount ?? 0;
  for (const { data } of writeBuffer) bytes += data?.length ?? 0;
  return bytes;
}

/** A number that becomes another one whenever the client's side of the connection takes something. */
export function progress(socket: Socket): number {
  const connection = connectionOf(socket).transport.socket?._socket;
  return connection ? progressOf(connection) : 0;
}

/** Calls back, in a later tick or at once, when nothing waits for a client any more. Never, if it goes away before. */
export function whenDrained(socket: Socket, callback: () => void): void {
  const { writeBuffer, transport } = connectionOf(socket);
  // Engine.IO goes on with what waits in it right after this event.
  const again = () => process.nextTick(() => whenDrained(socket, callback));
  const connection = transport.socket?._socket;
  if (writeBuffer.length > 0 || !transport.writable) transport.once('drain', again);
  else if (connection?.writableNeedDrain) connection.once('drain', again);
  else callback();
}

/**
 * Cuts a client off at once. Nothing more reaches it, neither what is sent from now on nor what is still waiting; a
 * farewell would wait behind that, too. It reconnects by itself, and resumes by its positions if it may.
 */
export function cutOff(socket: Socket): void {
  for (const room of socket.rooms) void socket.leave(room);
  connectionOf(socket).transport.socket?.terminate();
}

function connectionOf(socket: Socket): Connection {
  return socket.conn as unknown as Connection;
}
