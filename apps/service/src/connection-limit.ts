import type { EventEmitter } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TrustedProxies } from './trusted-proxies.ts';

/**
 * Bounds the connections that one address has open at a server. Those beyond are cut off at once, before anything is
 * read. A trusted proxy has as many as it wants: what it asks for others at a time is counted for them, by what
 * `TrustedProxies.sift` left.
 *
 * @param onRefused is told of each.
 */
export function limitConnections(
  server: Server,
  perAddress: number,
  proxies: TrustedProxies,
  onRefused: (address: string) => void,
): void {
  const open = new Map<string, number>();
  /** Counts for an address what is there until `counted` closes; cuts the connection off when that is too much. */
  const count = (address: string, counted: EventEmitter, socket: Socket): void => {
    const now = (open.get(address) ?? 0) + 1;
    open.set(address, now);
    counted.once('close', () => {
      const left = open.get(address)! - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (now <= perAddress) return;
    onRefused(address);
    socket.destroy();
  };
  const countForwarded = ({ headers, socket }: IncomingMessage, answer: ServerResponse | Socket): void => {
    if (proxies.has(socket.remoteAddress)) count(String(headers['x-forwarded-for']), answer, socket);
  };
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress: address } = socket;
    // Someone who has hung up by now has none.
    if (address !== undefined && !proxies.has(address)) count(address, socket, socket);
  });
  server.prependListener('request', countForwarded);
  server.prependListener('upgrade', countForwarded);
}
