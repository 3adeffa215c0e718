import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CACHE } from '../cache.ts';
import { CHANNEL } from '../load/dialect.ts';
import { benchMessage } from '../message.ts';
import { pace } from '../pace.ts';
import type { Peer } from './peer.ts';
import { freePort } from '../../../service/testing/free-port.ts';
import { make, Program } from './program.ts';

const VERSION = 'v6.9.1';
const FOLDER = join(CACHE, `centrifugo-${VERSION}`);
const BINARY = join(FOLDER, 'centrifugo');
const BUILD_MS = 600_000;

/** A server made for this, in Go. It has its messages over HTTP, one by one, as its documentation begins. */
export const centrifugo: Peer = {
  name: 'Centrifugo',
  dialect: 'centrifugo',
  // It delivers some 70,000 for each second of a processor, of which the load takes one.
  speaksTls: false,
  isTooMuch: (clients, rate) => clients * rate > 100_000,
  async prepare() {
    if (existsSync(BINARY)) return;
    await make('go', ['install', `github.com/centrifugal/centrifugo/v6@${VERSION}`], { GOBIN: FOLDER }, BUILD_MS);
  },
  async start() {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify(settings(port)));
    const program = await Program.start(BINARY, ['--config', config], `http://127.0.0.1:${port}/`);
    // One connection, so that messages stay in order.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    return {
      port,
      publish: (course) => pace(course, (sequence, dueAt) => post(port, agent, benchMessage(sequence, dueAt))),
      usage: async () => program.usage(),
      async stop() {
        agent.destroy();
        await program.stop();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

function settings(port: number): object {
  return {
    http_server: { address: '127.0.0.1', port: String(port) },
    client: { insecure: true, allowed_origins: ['*'] },
    http_api: { insecure: true },
    log: { level: 'error' },
  };
}

function post(port: number, agent: Agent, data: object): void {
  const body = JSON.stringify({ channel: CHANNEL, data });
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const outgoing = request({ host: '127.0.0.1', port, path: '/api/publish', method: 'POST', headers, agent });
  // What did not arrive is missing at the clients, and seen there.
  outgoing.on('error', () => {});
  outgoing.on('response', (response) => response.resume());
  outgoing.end(body);
}
