import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { type AddressInfo, connect as connectPlain, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCertificate } from '../testing/certificate.ts';
import { createSecureServer } from './secure-server.ts';

const HANDSHAKE_MS = 10_000;
const certificate = createCertificate();

afterEach(() => void vi.useRealTimers());

async function start() {
  const server = createSecureServer(certificate, (incoming, response) => response.end(`here is ${incoming.url}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const endingWithTheTest = <S extends Socket>(socket: S): S => {
    onTestFinished(() => void socket.destroy());
    return socket;
  };
  return {
    server,
    port,
    plain: () => endingWithTheTest(connectPlain(port, '127.0.0.1')),
    secure: (options: ConnectionOptions = {}) =>
      endingWithTheTest(connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })),
  };
}

async function get(port: number, path = '/', agent: Agent | false = false): Promise<IncomingMessage> {
  const sent = request({ host: '127.0.0.1', port, path, agent, rejectUnauthorized: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

/** What is answered to whoever speaks plain HTTP, or anything else, until the server ends the connection. */
async function say(socket: Socket, words: string) {
  socket.write(words);
  const answer = await text(socket);
  const [status, ...lines] = answer.split('\r\n\r\n')[0]!.split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(': ') as [string, string]));
  return { status: Number(status!.split(' ')[1]), headers };
}

const fingerprint = (socket: TLSSocket) => socket.getPeerX509Certificate()!.fingerprint256;

describe('createSecureServer', () => {
  it('answers over HTTPS', async () => {
    const { port } = await start();
    expect(await text(await get(port, '/a?b=c'))).toBe('here is /a?b=c');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('takes %s', async (version) => {
    const { secure } = await start();
    const socket = secure({ minVersion: version, maxVersion: version });
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe(version);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('refuses %s', async (version) => {
    const { secure } = await start();
    const socket = secure({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' });
    await expect(once(socket, 'secureConnect')).rejects.toThrow('alert protocol version');
  });

  it.each(['GET', 'HEAD'])('sends a plain %s to HTTPS on the same host, with path and query', async (method) => {
    const { plain, port } = await start();
    const { status, headers } = await say(plain(), `${method} /a/b?c=d HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`);
    expect(status).toBe(308);
    expect(headers.get('location')).toBe(`https://localhost:${port}/a/b?c=d`);
    // A browser would keep a 308 for as long as it likes, and with it whoever has the port later.
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('refuses a plain POST, whose secrets were in the clear', async () => {
    const { port } = await start();
    const response = await fetch(`http://127.0.0.1:${port}/sign-in`, { method: 'POST', body: 'hunter2' });
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'this port speaks https only',
    });
  });

  it.each([
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: evil.test/path'],
    ['a host with a user', 'GET / HTTP/1.1\r\nHost: user@evil.test'],
    ['a host with a backslash', 'GET / HTTP/1.1\r\nHost: evil.test\\localhost'],
    ['a host with a quote', 'GET / HTTP/1.1\r\nHost: "><script>'],
    ['an empty host', 'GET / HTTP/1.1\r\nHost: '],
    ['no host', 'GET / HTTP/1.0'],
    ['a whole URL, which would follow the host', 'GET .evil.test:443/ HTTP/1.1\r\nHost: localhost'],
    ['a whole URL', 'GET http://evil.test/ HTTP/1.1\r\nHost: localhost'],
    ['the server itself', 'GET * HTTP/1.1\r\nHost: localhost'],
    ['no HTTP', 'hello'],
    ['bytes at random', '\u0000\u0001\u0002'],
    ['a header too large', `GET / HTTP/1.1\r\nHost: localhost\r\nA: ${'a'.repeat(20_000)}`],
  ])('sends nobody anywhere who asks plainly for %s', async (_, words) => {
    const { plain, port } = await start();
    const { status, headers } = await say(plain(), `${words}\r\n\r\n`);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers.get('location')).toBeNull();
    expect((await get(port)).statusCode).toBe(200);
  });

  it.each([
    ['says nothing', ''],
    ['says half a request', 'GET / HTTP/1.1\r\n'],
  ])('cuts off who %s for 10 s', async (_, words) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { server, plain } = await start();
    const socket = plain();
    const [accepted] = (await once(server, 'connection')) as [Socket];
    socket.write(words);
    while (accepted.bytesRead < words.length) await setImmediate();
    vi.advanceTimersByTime(HANDSHAKE_MS - 1);
    expect(accepted.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    await once(socket.resume(), 'close');
  });

  it('keeps nothing of who hangs up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { server, plain } = await start();
    const socket = plain();
    const [accepted] = (await once(server, 'connection')) as [Socket];
    expect(vi.getTimerCount()).toBe(1);
    socket.destroy();
    await once(accepted, 'close');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not cut off who came through the handshake', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { secure } = await start();
    const socket = secure();
    await once(socket, 'secureConnect');
    vi.advanceTimersByTime(2 * HANDSHAKE_MS);
    socket.write('GET /late HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toContain('here is /late');
  });

  it('shows a new certificate to the next connection, while an open one goes on', async () => {
    const { server, port, secure } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const before = await get(port, '/before', agent);
    const { socket } = before;
    const old = fingerprint(socket as TLSSocket);
    await text(before);

    server.setSecureContext(createCertificate());
    const after = await get(port, '/after', agent);
    expect(after.socket).toBe(socket);
    expect(await text(after)).toBe('here is /after');

    const next = secure();
    await once(next, 'secureConnect');
    expect(fingerprint(next)).not.toBe(old);
  });

  it('bears a crowd that hangs up at any moment', async () => {
    const { server, port, plain, secure } = await start();
    const tlsRecord = Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]);
    const crowd = Array.from({ length: 64 }, async (_, index) => {
      const words = ['', 'GET / HTTP/1.1\r\n', tlsRecord, undefined][index % 4];
      const socket = words === undefined ? secure() : plain();
      socket.on('error', () => {});
      await once(socket, 'connect');
      if (words) socket.write(words);
      if (words !== undefined && index % 8 < 4) socket.resetAndDestroy();
      else socket.destroy();
    });
    await Promise.all(crowd);
    expect(await text(await get(port))).toBe('here is /');
    await vi.waitFor(async () => expect(await promisify(server.getConnections.bind(server))()).toBe(0));
  });
});
