import type { Server, Socket } from 'node:net';

/**
 * Bounds the connections that one address has open at a server. Those beyond are cut off at once, before anything is read.
 *
 * @param onRefused is told of each.
 */
export function limitConnections(server: Server, perAddress: number, onRefused: (address: string) => void): void {
  const open = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress: address } = socket;
    // Someone who has hung up by now.
    if (address === undefined) return;
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = open.get(address)! - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count <= perAddress) return;
    onRefused(address);
    socket.destroy();
  });
}
