import type { Server, Socket } from 'node:net';

/** Time for clients to take the rest of an answer, or to agree that a websocket ends, in milliseconds. */
const GRACE_MS = 500;

/**
 * Keeps hold of a server's connections, so that none holds up its end: `closeAllConnections` knows neither those that
 * became websockets nor those that are half-way through a handshake of TLS.
 *
 * @returns what is called when the server closes. It cuts off whoever is still connected half a second later.
 */
export function holdConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.prependListener('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, GRACE_MS).unref();
  };
}
