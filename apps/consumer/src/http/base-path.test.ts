import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WARN } from '../../../service/testing/context.ts';
import { append, openLog, startConsumer } from '../../testing/consumer.ts';
import { SecuredFiles } from '../../testing/secured.ts';
import { trust, Visitor } from '../../testing/visitor.ts';
import { buildPage } from './page-build.ts';

const TOPIC = 'hello-world';

async function start(env: Record<string, string>) {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 3);
  const running = await startConsumer(log, env);
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(running.url + path, { redirect: 'manual', headers });
  return { ...running, get };
}

/** The status with which a WebSocket is answered: 101 when it opens. */
async function upgrade(url: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}socket.io/?EIO=4&transport=websocket`, { headers });
  socket.on('error', () => {});
  const answer = await Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode as number),
  ]);
  socket.terminate();
  return answer;
}

describe('below a base path', () => {
  it.each([
    ['/hello/', '/hello'],
    ['https://example.org/hello', '/hello'],
    ['/a/b/', '/a/b'],
  ])('PUBLIC_URL=%s answers everything both at the root and below %s', async (publicUrl, prefix) => {
    const { url, get } = await start({ PUBLIC_URL: publicUrl });
    for (const base of ['', prefix]) {
      const page = await (await get(`${base}/`)).text();
      const assets = [...page.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, path]) => path!);
      expect(assets).toHaveLength(2);
      for (const path of [...assets, 'api/topics', `api/topics/${TOPIC}/messages`])
        expect((await get(`${base}/${path}`)).status).toBe(200);
      expect(await upgrade(url, `${base}/`)).toBe(101);
      expect((await fetch(`${url}${base}/api/topics`, { method: 'POST' })).status).toBe(405);
    }
    const bare = await get(`${prefix}?topic=a%20b`);
    expect([bare.status, bare.headers.get('location')]).toEqual([302, `${prefix}/?topic=a%20b`]);
  });

  it('has a page without a URL from the root of its host', async () => {
    for (const [name, content] of await buildPage()) {
      const found = /["'`]\/(api|assets|sign-in|sign-out)\b[^"'`]*/.exec(content.toString())?.[0];
      expect([name, found]).toEqual([name, undefined]);
    }
  });

  it('leaves the probes where the cluster asks for them', async () => {
    const { get } = await start({ PUBLIC_URL: '/hello/' });
    for (const path of ['/healthz', '/readyz', '/metrics', '/version']) expect((await get(path)).status).toBe(200);
  });

  it.each([
    ['none is set', {}],
    ['another is set', { PUBLIC_URL: '/other/' }],
  ])('tells whoever asks below a prefix what to do when %s', async (_, env: Record<string, string>) => {
    const { get } = await start(env);
    for (const path of ['/hello/', '/hello/api/topics', '/hello/assets/main.js', '/hello/sign-in', '/a/b/']) {
      const answer = await get(path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({
        detail: `nothing is at ${path}; if a proxy serves this under a prefix, set PUBLIC_URL to the address of the page, or have the proxy take the prefix off`,
      });
    }
    for (const path of ['/hello', '/assets/nothing.js'])
      expect(await (await get(path)).json()).toMatchObject({ detail: `nothing is at ${path}` });
  });

  it('names paths and keeps sessions as they are there', async () => {
    const files = await SecuredFiles.create({ alice: [TOPIC] });
    trust(files.env.TLS_CERT);
    const { url } = await start({ ...files.env, METRICS_PORT: '0', PUBLIC_URL: 'https://localhost/hello/' });
    const visitor = new Visitor(`${url}/hello`);
    const refused = await visitor.get('/api/topics');
    expect(await refused.json()).toMatchObject({ status: 401, detail: 'sign in first, at /hello/sign-in' });
    const led = await visitor.get('/?topic=a');
    expect(new URL(led.headers.get('location')!, `${url}/hello/`).pathname).toBe('/hello/sign-in');
    await visitor.signIn('alice');
    expect(visitor.cookie).toMatch(/^__Host-session-local%2Fhello%2F=/);
    expect((await visitor.get('/api/topics')).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  it('is refused with a reason, also for whoever asks for it, and is logged once', async () => {
    const { url, get, lines } = await start({ PUBLIC_URL: 'https://example.org/hello/' });
    const evil = 'https://evil.test';
    const host = new URL(url).host;
    expect(await upgrade(url, '/', { origin: evil })).toBe(400);
    expect(await upgrade(url, '/hello/', { origin: evil })).toBe(400);
    const answer = await get(`/api/live?origin=${evil}`);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([403, 'no-store']);
    expect(await answer.json()).toMatchObject({
      detail:
        'this server does not know https://evil.test as its own: set PUBLIC_URL to the address of the page (it is of https://example.org now), ' +
        'or have the proxy pass on the header Host',
    });
    expect(lines.filter(({ level }) => level === WARN)).toEqual([
      expect.objectContaining({ origin: evil, host, msg: expect.stringContaining('set PUBLIC_URL') }),
    ]);
  });

  it.each(['https://example.org', 'here'])('is not %s', async (own) => {
    const { url, get, lines } = await start({ PUBLIC_URL: 'https://example.org/hello/' });
    const origin = own === 'here' ? url : own;
    expect((await get(`/api/live?origin=${origin}`)).status).toBe(204);
    expect(await upgrade(url, '/hello/', { origin })).toBe(101);
    expect(lines.filter(({ level }) => level === WARN)).toEqual([]);
  });

  it.each([
    ['', 'is missing'],
    ['?origin=a&origin=b', 'expected once'],
  ])('cannot be asked for by "%s"', async (query, problem) => {
    const { get } = await start({});
    const answer = await get(`/api/live${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ detail: `origin: ${problem}` });
  });

  it('cannot say by itself which host was asked for', async () => {
    const { url, get } = await start({});
    const headers = { 'x-forwarded-host': 'evil.test' };
    expect((await get('/api/live?origin=https://evil.test', headers)).status).toBe(403);
    expect(await upgrade(url, '/', { ...headers, origin: 'https://evil.test' })).toBe(400);
  });
});
