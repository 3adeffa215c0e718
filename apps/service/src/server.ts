import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { StartError } from './run.ts';

const REASONS: Record<string, string> = {
  EADDRINUSE: 'is in use: stop what uses it, or choose another with PORT',
  EACCES: 'may not be used by this user: choose one above 1023 with PORT',
  EADDRNOTAVAIL: 'cannot be had, because this machine has no such address: set HOST',
  ENOTFOUND: 'cannot be had, because there is no such host: set HOST',
};

/**
 * Starts an HTTP server. Port 0 takes any free port.
 *
 * @returns the server, and the URL where people find it.
 * @throws {StartError} that says what to do when the port or the host cannot be had.
 */
export async function listen(
  handler: RequestListener,
  host: string,
  port: number,
): Promise<{ server: Server; url: string }> {
  const server = createServer(handler);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new StartError(`Port ${port} on ${host} ${REASONS[code] ?? `cannot be used: ${message}`}`, { cause: error });
  }
  const { port: actual } = server.address() as AddressInfo;
  const everywhere = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host);
  return { server, url: `http://${everywhere ? 'localhost' : host}:${actual}` };
}
