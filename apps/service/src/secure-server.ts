import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { HTTP_LIMITS } from './http-limits.ts';

/**
 * The first byte that a client sends in TLS: a handshake record. @see
 * https://www.rfc-editor.org/rfc/rfc8446#section-5.1
 */
const TLS_HANDSHAKE = 0x16;
/**
 * Time for a client to say its first byte, to come through the handshake of TLS, or to be told where to go, in
 * milliseconds.
 */
const HANDSHAKE_MS = 10_000;

/**
 * An HTTPS server, TLS 1.2 or newer, that answers whoever speaks plain HTTP on its port with where to go instead.
 * A new certificate is taken by `setSecureContext`.
 */
export function createSecureServer(certificate: SecureContextOptions, handler: RequestListener): Server {
  const server = createServer(
    { ...HTTP_LIMITS, ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS },
    handler,
  );
  const plain = createHttpServer(redirect);
  const [secure] = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const impatience = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
    socket.on('close', () => clearTimeout(impatience));
    socket.on('error', () => socket.destroy());
    socket.once('data', (bytes) => {
      socket.pause().unshift(bytes);
      if (bytes[0] === TLS_HANDSHAKE) {
        clearTimeout(impatience);
        secure!.call(server, socket);
      } else {
        plain.emit('connection', socket);
      }
      process.nextTick(() => socket.resume());
    });
  });
  return server;
}

/** A request with a body is not repeated elsewhere: its secrets were sent in the clear by now. */
function redirect(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  const { method, url = '', headers } = request;
  const { host } = headers;
  const safe = method === 'GET' || method === 'HEAD';
  // A proxy is asked for a whole URL, which must not follow a host.
  if (safe && host && /^[\w.:[\]-]+$/.test(host) && url.startsWith('/')) {
    // To be asked again each time: on localhost another program may have this port tomorrow, and speak plain HTTP.
    response.writeHead(308, { Location: `https://${host}${url}`, 'Cache-Control': 'no-store' }).end();
    return;
  }
  const problem = { type: 'about:blank', title: 'Bad Request', status: 400, detail: 'this port speaks https only' };
  response.writeHead(400, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(problem));
}
