import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCertificate } from '../../service/testing/certificate.ts';
import { Child } from '../../service/testing/child.ts';

const main = (app: string): string => fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url));
const OFTEN = { WAIT_MIN_SECONDS: '0.01', WAIT_MAX_SECONDS: '0.02' };

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hanging-peers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A broker that is stopped, or a host behind a firewall: it accepts, and never answers. */
async function startHole(): Promise<{ address: string; port: string; called: Promise<unknown> }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, port: String(port), called: once(server, 'connection') };
}

async function start(app: string, env: Record<string, string>): Promise<{ child: Child; port: number }> {
  const child = new Child([main(app)], { env: { PORT: '0', ...env } });
  const [, port] = await child.says(/(?:Open |"url":")https?:\/\/localhost:(\d+)/);
  return { child, port: Number(port) };
}

/** A connection that says something and then nothing more, whatever it is told. */
async function say(port: number, words: string | Buffer): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(words);
  // What was said before has been read once another is answered.
  const other = connect({ port, host: '127.0.0.1' });
  other.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(other, 'data');
  other.destroy();
  return socket;
}

/** Ends a process, which must take less than 2 s and be well. */
async function endsInTime(child: Child, signals: NodeJS.Signals[] = ['SIGTERM']): Promise<void> {
  const before = performance.now();
  for (const signal of signals) void child.kill(signal);
  expect(await child.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - before).toBeLessThan(2_000);
  expect(child.stderr).toBe('');
}

const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n');
/** A handshake of Socket.IO in a frame with a mask of zeros, and so as it is. */
const HANDSHAKE = Buffer.concat([Buffer.from([0x81, 0x84, 0, 0, 0, 0]), Buffer.from('40{}')]);

describe('a service whose broker never answers', () => {
  it('ends in time as producer, and says how many broadcasts are lost', async () => {
    const hole = await startHole();
    const { child } = await start('producer', { KAFKA_BROKERS: hole.address, ...OFTEN, OUTBOX_LIMIT: '3' });
    await child.says(/fell out of the full outbox/);
    await endsInTime(child);
    expect(child.stdout).toContain('"lost":3,"msg":"broadcasts that the log did not confirm are lost"');
  });

  it('ends in time where nobody takes its traces either', async () => {
    const [broker, collector] = await Promise.all([startHole(), startHole()]);
    const env = { KAFKA_BROKERS: broker.address, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.address}` };
    const { child } = await start('producer', { ...env, ...OFTEN });
    await collector.called;
    await endsInTime(child);
    expect(child.stdout).toContain('the last spans of traces were not taken: they are lost');
  });

  it.each(['producer', 'consumer'])('ends in time as %s, at once after its start', async (app) => {
    const hole = await startHole();
    const { child } = await start(app, { KAFKA_BROKERS: hole.address });
    await hole.called;
    await endsInTime(child);
  });

  it.each(['producer', 'consumer'])('ends in time as %s, though it is told twice', async (app) => {
    const hole = await startHole();
    const { child } = await start(app, { KAFKA_BROKERS: hole.address });
    await hole.called;
    await endsInTime(child, ['SIGTERM', 'SIGINT', 'SIGTERM']);
  });

  it.each(['producer', 'consumer'])('says at once as %s that its port is in use', async (app) => {
    const hole = await startHole();
    const child = new Child([main(app)], { env: { KAFKA_BROKERS: hole.address, PORT: hole.port } });
    const before = performance.now();
    expect(await child.ended).toEqual({ code: 1, signal: null });
    // The broker is given up after 15 s.
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(child.stderr).toBe(
      `Port ${hole.port} on 127.0.0.1 is in use: stop what uses it, or choose another with PORT\n`,
    );
  });
});

it.each(['producer', 'consumer', 'standalone'])('%s ends well on a signal while it starts', async (app) => {
  const child = new Child(['--import', signalWhenLoading(app), main(app)], {
    env: { KAFKA_BROKERS: '127.0.0.1:1', PORT: '0', DATA_DIR: newFolder() },
  });
  expect(await child.ended).toEqual({ code: 0, signal: null });
});

/** Sends a process the signal as soon as it begins to load its service. */
function signalWhenLoading(app: string): string {
  const code = `
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        if (url.endsWith('/${app}/src/service.ts')) process.kill(process.pid, 'SIGTERM');
        return next(url, context);
      },
    });
  `;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

describe('a page whose clients hang', () => {
  const standalone = () => start('standalone', { DATA_DIR: newFolder(), ...OFTEN });

  it.each([
    ['says nothing at all', ''],
    ['stops in the middle of a header', 'GET / HTTP/1.1\r\nHost: loc'],
    ['stops in the middle of a body', 'POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx'],
  ])('ends in time when a client %s', async (_, words) => {
    const { child, port } = await standalone();
    await say(port, words);
    await endsInTime(child);
  });

  it('ends in time when a connection is kept alive', async () => {
    const { child, port } = await standalone();
    const socket = await say(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
    await endsInTime(child);
  });

  it('ends in time when a download is not read', async () => {
    const { child, port } = await standalone();
    await child.says(/Hello world #100,/);
    const request = 'GET /api/topics/hello-world/messages?format=ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n';
    // As often as it takes for the answers to fill what the system holds for both.
    const socket = await say(port, request.repeat(1_000));
    socket.pause();
    await child.says(/Hello world #110,/);
    await endsInTime(child);
  });

  it('ends in time when a websocket answers nothing', async () => {
    const { child, port } = await standalone();
    const socket = await say(port, UPGRADE);
    await once(socket, 'data');
    socket.write(HANDSHAKE);
    await once(socket, 'data');
    await endsInTime(child);
  });

  it('ends in time when a websocket reads nothing', async () => {
    const { child, port } = await standalone();
    const socket = await say(port, UPGRADE);
    await once(socket, 'data');
    socket.pause().write(HANDSHAKE);
    await child.says(/Hello world #10,/);
    await endsInTime(child);
  });

  it('ends in time when a handshake of TLS stops half-way', async () => {
    const { cert, key } = createCertificate();
    const folder = newFolder();
    const [TLS_CERT, TLS_KEY] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    writeFileSync(TLS_CERT, cert);
    writeFileSync(TLS_KEY, key);
    const { child, port } = await start('standalone', { DATA_DIR: folder, TLS_CERT, TLS_KEY });
    await say(port, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    await say(port, 'GET / HTTP/1.1\r\nHost: loc');
    await endsInTime(child);
  });
});
