import type { Server } from 'node:http';
import { Server as SecureServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { StartError } from './start-error.ts';

const REASONS: Record<string, (setting: string) => string> = {
  EADDRINUSE: (setting) => `is in use: stop what uses it, or choose another with ${setting}`,
  EACCES: (setting) => `may not be used by this user: choose one above 1023 with ${setting}`,
  EADDRNOTAVAIL: () => 'cannot be had, because this machine has no such address: set HOST',
  ENOTFOUND: () => 'cannot be had, because there is no such host: set HOST',
};

/**
 * Lets a server listen. Port 0 takes any free port.
 *
 * @param setting the variable that gave the port.
 * @returns the URL where people find it.
 * @throws {StartError} that says what to do when the port or the host cannot be had.
 */
export async function listen(server: Server, host: string, port: number, setting = 'PORT'): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const reason = REASONS[code]?.(setting) ?? `cannot be used: ${message}`;
    throw new StartError(`Port ${port} on ${host} ${reason}`, { cause: error });
  }
  const { port: actual } = server.address() as AddressInfo;
  const everywhere = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host);
  const scheme = server instanceof SecureServer ? 'https' : 'http';
  return `${scheme}://${everywhere ? 'localhost' : host}:${actual}`;
}
