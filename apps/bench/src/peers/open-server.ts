import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { StartOptions } from './serve.ts';

/** Opens what servers of Node stand on: HTTP or, with a certificate, HTTPS. */
export async function openServer(
  { port = 0, certificate }: StartOptions,
  listener?: RequestListener,
): Promise<{ server: Server; port: number }> {
  const server = certificate
    ? createSecureServer({ cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) }, listener)
    : createServer(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
