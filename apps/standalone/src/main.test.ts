import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Client } from '../../consumer/testing/client.ts';
import { Child } from '../../service/testing/child.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const REQUIRE_NODE = fileURLToPath(new URL('../../service/require-node.cjs', import.meta.url));

interface Message {
  offset: number;
  sequence: number;
  text: string;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'standalone-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What `npm start` runs, with short waits. */
function npmStart(folder: string, args: string[] = [], env: Record<string, string> = {}): Child {
  const waits = { WAIT_MIN_SECONDS: '0.01', WAIT_MAX_SECONDS: '0.05' };
  return new Child(['--require', REQUIRE_NODE, MAIN, ...args], {
    env: { DATA_DIR: folder, PORT: '0', ...waits, ...env },
  });
}

const urlOf = async (child: Child): Promise<string> => (await child.says(/Open (http:\/\/localhost:\d+)/))[1]!;
const nextBroadcast = (child: Child) => child.says(/Hello world #3,/);

async function messagesAt(url: string, topic = 'hello-world'): Promise<Message[]> {
  const response = await fetch(`${url}/api/topics/${topic}/messages`);
  const { messages } = (await response.json()) as { messages: Message[] };
  return messages;
}

describe('npm start', () => {
  it('serves the page and the messages, and says a line for each', async () => {
    const child = npmStart(newFolder());
    const url = await urlOf(child);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('<html');

    await nextBroadcast(child);
    const messages = await messagesAt(url);
    expect(messages.length).toBeGreaterThanOrEqual(3);
    expect(messages.every(({ text }) => text === 'Hello world')).toBe(true);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    for (const line of child.stdout.split('\n').slice(0, -1)) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('broadcasts to each topic, counts each by itself, says when the next one is due, and ends them together', async () => {
    const child = npmStart(newFolder(), [], { TOPICS: 'a,b', TEXT: 'Good morning' });
    const url = await urlOf(child);
    for (const topic of ['a', 'b']) {
      await child.says(new RegExp(`Good morning #3, to ${topic}, next in`));
      const messages = await messagesAt(url, topic);
      expect(messages.map(({ sequence }) => sequence).toReversed()).toEqual(expect.arrayContaining([1, 2, 3]));
      expect(new Set(messages.map(({ text }) => text))).toEqual(new Set(['Good morning']));
    }
    const metrics = await (await fetch(`${url}/metrics`)).text();
    for (const topic of ['a', 'b'])
      expect(metrics).toMatch(new RegExp(`broadcasts_appended_total\\{topic="${topic}"\\} [1-9]`));
    expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe('');
  });

  it('says to whoever comes before the first broadcast of each topic when that is due', async () => {
    const waits = { WAIT_MIN_SECONDS: '60', WAIT_MAX_SECONDS: '60' };
    const child = npmStart(newFolder(), [], { TOPICS: 'a,b', ...waits });
    const client = new Client(await urlOf(child));
    await client.until(({ about }) => about !== undefined);
    const { now, due } = client.about!;
    expect(Object.keys(due)).toEqual(['a', 'b']);
    for (const at of Object.values(due)) {
      expect(at - now).toBeGreaterThan(30_000);
      expect(at - now).toBeLessThanOrEqual(60_000);
    }
  });

  it('says that TOPIC, which the producer on Kafka has, is TOPICS here', async () => {
    const child = npmStart(newFolder(), [], { TOPIC: 'a' });
    await child.says(/TOPIC is not a setting: did you mean TOPICS\?/);
    await child.says(/Hello world #1, to hello-world/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends well and at once on %s, though someone looks at it', async (signal) => {
    const child = npmStart(newFolder());
    const url = await urlOf(child);
    const { host } = new URL(url);
    const socket = new WebSocket(`ws://${host}/socket.io/?EIO=4&transport=websocket`);
    const opened = Promise.withResolvers<void>();
    socket.addEventListener('open', () => opened.resolve());
    await opened.promise;
    await fetch(`${url}/healthz`);
    const before = performance.now();
    expect(await child.kill(signal)).toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(child.stderr).toBe('');
  });

  it('has its messages after a restart, and none after a fresh one', async () => {
    const folder = newFolder();
    const first = npmStart(folder);
    await nextBroadcast(first);
    await first.kill('SIGINT');
    const kept = Array.from(first.stdout.matchAll(/"offset":(\d+)/g), ([, offset]) => Number(offset));

    const second = npmStart(folder);
    const url = await urlOf(second);
    await nextBroadcast(second);
    const offsets = (await messagesAt(url)).map(({ offset }) => offset).toReversed();
    expect(offsets.slice(0, kept.length)).toEqual(kept);
    expect(offsets).toEqual(offsets.map((_, index) => index));
    expect(offsets.length).toBeGreaterThan(kept.length);
    await second.kill('SIGINT');

    const fresh = npmStart(folder, ['--fresh'], { WAIT_MIN_SECONDS: '60', WAIT_MAX_SECONDS: '60' });
    expect(await messagesAt(await urlOf(fresh))).toEqual([]);
  });

  it('has its messages after it was killed', async () => {
    const folder = newFolder();
    const killed = npmStart(folder);
    await nextBroadcast(killed);
    await killed.kill('SIGKILL');
    const next = npmStart(folder, [], { WAIT_MIN_SECONDS: '60', WAIT_MAX_SECONDS: '60' });
    const url = await urlOf(next);
    await next.says(/topic is loaded/);
    expect((await messagesAt(url)).map(({ sequence }) => sequence).toReversed()).toEqual(
      expect.arrayContaining([1, 2, 3]),
    );
  });

  it('refuses a second one on the same data', async () => {
    const folder = newFolder();
    const first = npmStart(folder);
    await urlOf(first);
    const second = npmStart(folder);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr).toMatch(/^\S+log\.db is in use by another process\. Stop that one, .*\n$/);
    await nextBroadcast(first);
  });

  it('refuses a port that is in use', async () => {
    const port = new URL(await urlOf(npmStart(newFolder()))).port;
    const second = npmStart(newFolder(), [], { PORT: port });
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr).toBe(`Port ${port} on 127.0.0.1 is in use: stop what uses it, or choose another with PORT\n`);
  });

  it('refuses a damaged log', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'log.db'), 'not a database, but long enough to be taken for the header of one');
    const child = npmStart(folder);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toMatch(/^\S+log\.db is damaged .*npm start -- --fresh.*\n$/);
  });

  it('refuses a wrong value', async () => {
    const child = npmStart(newFolder(), [], { PORT: 'abc' });
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toBe('PORT: expected a whole number from 0 to 65535, but it is "abc"\n');
  });

  it('refuses an option that it does not know', async () => {
    const child = npmStart(newFolder(), ['--frehs']);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toMatch(/^Unknown option '--frehs'\nusage: npm start/);
  });

  it.each(['--help', '-h'])('says how it is used with %s', async (option) => {
    const child = npmStart(newFolder(), [option]);
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toMatch(/^usage: npm start/);
    expect(child.stderr).toBe('');
  });

  it('warns of a misspelt variable and goes on', async () => {
    const child = npmStart(newFolder(), [], { OUTBOX_LIMITS: '3' });
    await child.says(/OUTBOX_LIMITS is not a setting: did you mean OUTBOX_LIMIT\?/);
    expect((await nextBroadcast(child))[0]).toContain('Hello world');
  });
});
