import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeBroadcast } from '@hello/broadcasts';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Client } from '../../testing/client.ts';
import { append, openLog, type RunningConsumer, startConsumer } from '../../testing/consumer.ts';
import { newKey, PASSWORD, SecuredFiles } from '../../testing/secured.ts';
import { trust, Visitor } from '../../testing/visitor.ts';
import { hashPassword } from './password.ts';

const A = 'topic-a';
const B = 'topic-b';
/** Within which the issue of the project wants a revoked user cut, in milliseconds. */
const CUT_MS = 5_000;

async function start(grants: Record<string, string[]> = { alice: [A, B], bob: [A] }, env: Record<string, string> = {}) {
  const files = await SecuredFiles.create(grants);
  trust(files.env.TLS_CERT);
  const log = await openLog(A, B);
  const settings = { TOPICS: `${A},${B}`, ...files.env, ...env };
  return { log, files, settings, ...(await startConsumer(log, settings)) };
}

async function join({ url }: RunningConsumer, account: string, topic: string, filter = {}): Promise<Client> {
  const { cookie } = await Visitor.signedIn(url, account);
  const client = new Client(url, { topic, ...filter }, { cookie });
  await client.until(({ catchUps }) => catchUps.length > 0);
  return client;
}

const refused = async (client: Client): Promise<[status: number | undefined, message: string]> => {
  await client.until(({ refusal }) => refusal !== undefined);
  return [client.refusal!.data?.status, client.refusal!.message];
};

describe('a live connection', () => {
  it('is refused without a session, and with one that was forged', async () => {
    const { url } = await start();
    expect(await refused(new Client(url, { topic: A }))).toEqual([401, 'sign in first']);
    const { cookie } = await Visitor.signedIn(url, 'alice');
    const forged = `${cookie.slice(0, -4)}AAAA`;
    expect(await refused(new Client(url, { topic: A }, { cookie: forged }))).toEqual([401, 'sign in first']);
  });

  it('watches what is granted, and is told of nothing else', async () => {
    const running = await start();
    const bob = await join(running, 'bob', A);
    expect(bob.about).toMatchObject({ account: 'bob', topics: [A] });
    const { cookie } = await Visitor.signedIn(running.url, 'bob');
    const wrong = await refused(new Client(running.url, { topic: B }, { cookie }));
    const unknown = await refused(new Client(running.url, { topic: 'none' }, { cookie }));
    expect(wrong).toEqual([404, `there is no topic ${B} here; there is ${A}`]);
    expect(unknown).toEqual([404, `there is no topic none here; there is ${A}`]);
  });

  it('is refused to an account without a topic, in words', async () => {
    const { url } = await start({ carol: [] });
    const { cookie } = await Visitor.signedIn(url, 'carol');
    expect(await refused(new Client(url, {}, { cookie }))).toEqual([403, expect.stringContaining('no topic yet')]);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'https://localhost:1' }],
    ['no site that has a name', { origin: 'null' }],
  ])('is refused to a page of %s, though the browser sends the cookie', async (_, headers) => {
    const { url } = await start();
    const { cookie } = await Visitor.signedIn(url, 'alice');
    const client = new Client(url, { topic: A }, { cookie, ...headers });
    client.socket.io.reconnection(false);
    const error = await new Promise<Error>((resolve) => {
      client.socket.on('connect_error', resolve);
    });
    expect(error.message).toBe('websocket error');
    expect(client.catchUps).toEqual([]);
  });

  it('is allowed to a page of this site', async () => {
    const { url } = await start();
    const { cookie } = await Visitor.signedIn(url, 'alice');
    const client = new Client(url, { topic: A }, { cookie, origin: url });
    await client.until(({ catchUps }) => catchUps.length > 0);
  });

  it('is bounded in number for each account', async () => {
    const running = await start(undefined, { CONNECTIONS_PER_ACCOUNT: '2' });
    await join(running, 'bob', A);
    const second = await join(running, 'bob', A);
    const { cookie } = await Visitor.signedIn(running.url, 'bob');
    const third = new Client(running.url, { topic: A }, { cookie });
    expect(await refused(third)).toEqual([429, 'this account has 2 connections open, and may not have more']);
    await join(running, 'alice', A);
    second.socket.close();
    // The server learns of it a moment later.
    await expect
      .poll(async () => {
        const again = new Client(running.url, { topic: A }, { cookie });
        await again.until(({ refusal, catchUps }) => refusal !== undefined || catchUps.length > 0);
        return again.catchUps.length;
      })
      .toBe(1);
  });
});

describe('a grant that is taken away', () => {
  it('cuts the open connections on every replica within 5 s, and nothing comes after', async () => {
    const first = await start();
    const second = { ...first, ...(await startConsumer(first.log, first.settings)) };
    const searching = join(first, 'bob', A, { contains: 'hello' });
    const watching = await Promise.all([join(first, 'bob', A), join(second, 'bob', A), searching]);
    const others = await Promise.all([join(first, 'alice', A), join(second, 'alice', B)]);
    await append(first.log, A, 1, 3);
    await Promise.all(watching.map((client) => client.until(({ messages }) => messages.length === 3)));

    const before = performance.now();
    await first.files.writeUsers({ alice: [A, B], bob: [] });
    await Promise.all(watching.map((client) => refused(client)));
    expect(performance.now() - before).toBeLessThan(CUT_MS);
    await append(first.log, A, 4, 6);
    await others[0].until(({ messages }) => messages.length === 6);
    for (const client of watching) {
      expect(client.messages).toHaveLength(3);
      expect(client.refusal!.data?.status).toBe(403);
    }
    expect(others[1].catchUps).toHaveLength(1);
  });

  it('cuts who is removed, and who has a new password, to sign in again', async () => {
    const running = await start();
    const [alice, bob] = await Promise.all([join(running, 'alice', A), join(running, 'bob', A)]);
    await running.files.writeUsers({ alice: [A, B] });
    expect(await refused(bob)).toEqual([401, 'sign in first']);
    expect(alice.catchUps).toHaveLength(1);
    await running.files.writeUsers({ alice: [A, B] }, hashPassword('another good password'));
    expect(await refused(alice)).toEqual([401, 'sign in first']);
    const visitor = new Visitor(running.url);
    expect((await visitor.signIn('alice', PASSWORD)).status).toBe(401);
    expect((await visitor.signIn('alice', 'another good password')).status).toBe(204);
  });

  it('takes the topic from what the others are told, and a new one adds to it', async () => {
    const running = await start({ alice: [A, B] });
    const alice = await join(running, 'alice', A);
    await running.files.writeUsers({ alice: [A] });
    await alice.until(({ about }) => about?.topics.length === 1);
    await running.files.writeUsers({ alice: [A, B] });
    await alice.until(({ about }) => about?.topics.length === 2);
    expect(alice.catchUps).toHaveLength(1);
  });

  it('cuts whose session was signed by a key that is taken away', async () => {
    const running = await start();
    const alice = await join(running, 'alice', A);
    running.files.writeKeys([newKey()]);
    expect(await refused(alice)).toEqual([401, 'sign in first']);
  });

  it('keeps open what goes on with its session', async () => {
    const running = await start(undefined, { SESSION_IDLE_MINUTES: '0.1' });
    const visitor = await Visitor.signedIn(running.url, 'alice');
    const alice = new Client(running.url, { topic: A }, { cookie: visitor.cookie });
    await alice.until(({ catchUps }) => catchUps.length > 0);
    // Longer than the session would last without being used.
    for (let second = 0; second < 8; second += 1) {
      await sleep(1_000);
      expect((await visitor.get('/api/topics')).status).toBe(200);
    }
    expect(alice.catchUps).toHaveLength(1);
  });

  it('cuts a download that nobody reads on', async () => {
    const running = await start();
    // More than what the systems on both sides hold of it.
    const broadcast = { text: 'x'.repeat(10_000), environment: 'test', sequence: 1, sentAt: 0, nextInMs: 1 };
    const value = encodeBroadcast(broadcast);
    for (let count = 0; count < 2_000; count += 1) await running.log.topic(A).append({ key: 'test', value });
    const visitor = await Visitor.signedIn(running.url, 'bob');
    const isRead = async () => (await (await visitor.get('/api/topics')).text()).includes('2000');
    await expect.poll(isRead, { timeout: 20_000 }).toBe(true);
    const headers = { cookie: visitor.cookie };
    const sent = request(`${running.url}/api/topics/${A}/messages?format=ndjson`, { headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await running.files.writeUsers({ alice: [A, B] });
    const cut = () => running.lines.some(({ msg }) => msg === 'an answer failed');
    await expect.poll(cut, { timeout: CUT_MS }).toBe(true);
    const readAll = async () => {
      let size = 0;
      for await (const part of response) size += (part as Buffer).length;
      return size;
    };
    await expect(readAll()).rejects.toThrow('aborted');
  });

  it('cuts whoever signed out, in every tab of this replica', async () => {
    const { url } = await start();
    const visitor = await Visitor.signedIn(url, 'alice');
    const tabs = [A, B].map((topic) => new Client(url, { topic }, { cookie: visitor.cookie }));
    await Promise.all(tabs.map((tab) => tab.until(({ catchUps }) => catchUps.length > 0)));
    await visitor.post('/sign-out');
    for (const tab of tabs) expect(await refused(tab)).toEqual([401, 'sign in first']);
  });

  it('cuts whose session has expired', async () => {
    const running = await start(undefined, { SESSION_IDLE_MINUTES: '0.05' });
    const alice = await join(running, 'alice', A);
    expect(await refused(alice)).toEqual([401, 'sign in first']);
  });
});

describe('a client that is no good', () => {
  /** A connection below Socket.IO, in the clear. */
  async function open(): Promise<{ socket: WebSocket; ended: Promise<void> }> {
    const { url } = await startConsumer(await openLog(A), { TOPICS: A });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    onTestFinished(() => socket.terminate());
    const ended = new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
    });
    await new Promise((resolve) => {
      socket.on('open', resolve);
    });
    return { socket, ended };
  }

  it('is cut when it says nothing within 5 s', async () => {
    const { ended } = await open();
    const before = performance.now();
    await ended;
    expect(performance.now() - before).toBeLessThan(7_000);
  });

  it('is cut when it says too much', async () => {
    const { socket, ended } = await open();
    socket.send('40{}');
    for (let count = 0; count < 30; count += 1) socket.send('42["hello"]');
    await ended;
  });

  it('is cut when it leaves its topic and stays', async () => {
    const { socket, ended } = await open();
    socket.send('40{}');
    await once(socket, 'message');
    socket.send('41');
    await ended;
  });

  it('is cut when a packet is too large', async () => {
    const { socket, ended } = await open();
    socket.send(`40{"topic":"${'x'.repeat(20_000)}"}`);
    await ended;
  });

  it('is not cut for the heartbeats of a long life', async () => {
    const { socket, ended } = await open();
    socket.send('40{}');
    let isOpen = true;
    void ended.then(() => (isOpen = false));
    for (let count = 0; count < 15; count += 1) socket.send('3');
    await sleep(100);
    expect(isOpen).toBe(true);
  });
});

describe('a server that is told anything at all', () => {
  it('stays up, and tells nothing to nobody', async () => {
    const running = await start();
    await append(running.log, A, 1, 5);
    await join(running, 'alice', A);
    const address = `${running.url.replace('https', 'wss')}/socket.io/?EIO=4&transport=websocket`;
    const frame = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => `40${json}`),
      fc.constantFrom('40', '41', '40/,{}', `40{"topic":"${A}"}`, `40{"topic":"${A}","positions":{}}`, '2probe', '5'),
      fc.json().map((json) => `42${json}`),
      fc.tuple(fc.integer({ min: 0, max: 69 }), fc.string()).map(([type, rest]) => `${type}${rest}`),
    );
    const said = fc.sample(fc.array(frame, { minLength: 1, maxLength: 15 }), { numRuns: 300, seed: 5 });
    const heard: string[] = [];
    for (const frames of said) {
      const socket = new WebSocket(address);
      socket.on('error', () => {});
      socket.on('message', (data: Buffer) => heard.push(data.toString()));
      await once(socket, 'open');
      for (const each of frames) socket.send(each);
      socket.close();
      await once(socket, 'close');
    }
    expect(heard.length).toBeGreaterThanOrEqual(said.length);
    expect(heard.filter((text) => text.includes('Hello world') || text.includes(A))).toEqual([]);
    await append(running.log, A, 6, 6);
    const alice = await join(running, 'alice', A);
    await alice.until(({ messages }) => messages.length === 6);
  });
});
