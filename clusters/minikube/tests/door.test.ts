import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import type { Log } from '@hello/broadcasts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { describeInBrowser, offsets } from '../../../apps/consumer/testing/browser.ts';
import { Client } from '../../../apps/consumer/testing/client.ts';
import { append, openLog, startConsumer } from '../../../apps/consumer/testing/consumer.ts';
import { SecuredFiles } from '../../../apps/consumer/testing/secured.ts';
import { metricsAt, rows, withoutLabels } from '../../../apps/standalone/testing/metrics-page.ts';
import { createCertificate } from '../../../apps/service/testing/certificate.ts';
import { Door, whyNoDoor } from './testing/door.ts';
import { kubectl } from './testing/kubectl.ts';
import { Sandbox } from './testing/sandbox.ts';

const TOPIC = 'hello-world';

interface Deployment {
  spec: {
    template: {
      spec: {
        securityContext: { sysctls: { name: string; value: string }[] };
        containers: { resources: { limits: { memory: string } } }[];
      };
    };
  };
}

/** What somebody is answered who asks the door for a host. */
interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}
const ask = async (door: Door, host: string, headers: Record<string, string> = {}, path = '/'): Promise<Answer> => {
  const asked = request({
    host: '127.0.0.1',
    port: door.port,
    path,
    agent: false,
    headers: { host, ...headers },
  }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const body = (await answer.toArray()).join('').replaceAll(/\s+/g, ' ');
  return { status: answer.statusCode!, headers: answer.headers, body };
};
const hostOf = (door: Door, environment: string) => new URL(door.url(environment)).host;

/** An environment with a server in place of its consumer. */
const startServer = async (
  door: Door,
  environment: string,
  address: string,
  answer: RequestListener,
): Promise<void> => {
  const server = createServer(answer);
  server.listen(door.servicePort, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  door.name(environment, address);
};

/** An environment whose consumer tells what it was asked. */
const startEcho = (door: Door, environment: string, address: string): Promise<void> =>
  startServer(door, environment, address, ({ headers, url }, answer) => {
    answer.end(JSON.stringify({ environment, url, headers }));
  });

/** dev, with its consumer. @returns the log that this reads, with three messages. */
const startDev = async (door: Door): Promise<Log> => {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 3);
  await startConsumer(log, {}, door.servicePort);
  door.name('dev', '127.0.0.1');
  return log;
};

/** An environment whose consumer ends TLS itself, and says its name. */
const startSecured = async (door: Door, environment: string, address: string): Promise<void> => {
  const server = createSecureServer(createCertificate(), (socket) => socket.end(environment));
  server.listen(door.servicePort, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  door.name(environment, address);
};

/** A connection with TLS to the door, and what comes by it until it ends. */
const askSecurely = async (door: Door, servername: string): Promise<{ said: string; fingerprint: string }> => {
  const socket = connectSecurely({ host: '127.0.0.1', port: door.securePort, servername, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256: fingerprint } = socket.getPeerCertificate();
  return { said: (await socket.toArray()).join(''), fingerprint };
};

/** What comes of bytes that are sent, until the door ends the connection. */
const send = async (port: number, bytes: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  return (await socket.toArray()).join('');
};

const missing = whyNoDoor();
if (missing !== undefined) console.warn(`Skipped: the tests of the door, because ${missing}.`);

describe.skipIf(missing !== undefined)(`the door${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('leads each name to its environment, whatever the port is called', async () => {
    const door = await Door.open();
    await startEcho(door, 'dev', '127.0.0.2');
    await startEcho(door, 'night-shift2', '127.0.0.3');
    for (const [host, environment] of [
      ['dev.localhost', 'dev'],
      [`dev.localhost:${door.port}`, 'dev'],
      ['DEV.localhost:1', 'dev'],
      ['night-shift2.localhost', 'night-shift2'],
    ] as const) {
      const { status, body } = await ask(door, host, {}, '/a%20b?c=%2F&d');
      expect([status, JSON.parse(body)]).toEqual([
        200,
        { environment, url: '/a%20b?c=%2F&d', headers: expect.objectContaining({ host }) as object },
      ]);
    }
  });

  it.each(['nowhere.localhost', 'localhost', '127.0.0.1', 'a.dev.localhost', 'dev.localhost.example.org', 'dev'])(
    'says of %s that nothing has that name',
    async (host) => {
      const door = await Door.open();
      await startEcho(door, 'dev', '127.0.0.2');
      const { status, headers, body } = await ask(door, host);
      expect(status).toBe(404);
      expect(headers).toMatchObject({ 'content-type': 'text/html', 'cache-control': 'no-store' });
      expect(body).toContain(`<h1> Nothing has the name ${host} </h1>`);
      expect(body).toContain('<ul> </ul>');
    },
  );

  it('says which there are, by what it was told last', async () => {
    const door = await Door.open();
    const list = (name: string) => `<li><a href="http://${name}.localhost:8000">${name}</a></li>`;
    for (const name of ['dev', 'prod']) {
      door.tell(list(name));
      expect((await ask(door, 'nowhere.localhost')).body).toContain(`<ul> ${list(name)} </ul>`);
    }
    // That is for this page alone.
    expect((await ask(door, 'localhost', {}, '/environments.html')).body).toContain('Nothing has the name localhost');
  });

  it('puts nothing of a request into a page as it is', async () => {
    const door = await Door.open();
    const { body } = await ask(door, '<script>.localhost');
    expect(body).not.toContain('<script>');
  });

  it.each(['/404.html', '/503.html', '/environments.html', '//404.html', '/%2f503.html', '/./environments.html'])(
    'leaves %s to the environment, whatever its own pages are called',
    async (path) => {
      const door = await Door.open();
      await startEcho(door, 'dev', '127.0.0.2');
      const { status, body } = await ask(door, 'dev.localhost', {}, path);
      expect([status, JSON.parse(body)]).toMatchObject([200, { url: path }]);
    },
  );

  it.each([
    ['http://dev.localhost:8000/a?b', 'dev.localhost:8000', '/a?b'],
    ['http://dev.localhost/', 'dev.localhost', '/'],
    ['HTTP://dev.localhost:1?b', 'dev.localhost:1', '/?b'],
  ])('passes the name on by which %s is led, and not the one that Host says', async (url, host, path) => {
    const door = await Door.open();
    await startEcho(door, 'dev', '127.0.0.2');
    await startEcho(door, 'prod', '127.0.0.3');
    const said = await send(door.port, `GET ${url} HTTP/1.1\r\nHost: prod.localhost:2\r\nConnection: close\r\n\r\n`);
    expect(JSON.parse(/\{.*\}/.exec(said)![0])).toMatchObject({
      environment: 'dev',
      url: path,
      headers: { host, 'x-forwarded-host': host },
    });
  });

  it('passes a page on as it is, whatever it has in common with pages of its own', async () => {
    const door = await Door.open();
    const html = '<!--# echo var="http_cookie" --> <!--# include virtual="/api" -->';
    await startServer(door, 'dev', '127.0.0.2', (_asked, answer) => {
      answer.writeHead(200, { 'content-type': 'text/html', etag: '"1"' }).end(html);
    });
    const { body, headers } = await ask(door, 'dev.localhost', { cookie: 'session=secret' });
    expect(body).toBe(html);
    expect(headers.etag).toBe('"1"');
  });

  it('has no environment of a name that is too long for one', async () => {
    const door = await Door.open();
    await startEcho(door, 'a'.repeat(57), '127.0.0.2');
    await startEcho(door, 'a'.repeat(58), '127.0.0.3');
    expect((await ask(door, `${'a'.repeat(57)}.localhost`)).status).toBe(200);
    expect((await ask(door, `${'a'.repeat(58)}.localhost`)).status).toBe(404);
  });

  it('says of an environment that is there and does not answer that it starts, and leads there once it does', async () => {
    const door = await Door.open();
    door.name('dev', '127.0.0.2');
    const { status, headers, body } = await ask(door, 'dev.localhost');
    expect(status).toBe(503);
    expect(headers).toMatchObject({ 'retry-after': '2', 'cache-control': 'no-store' });
    expect(body).toContain('<meta http-equiv="refresh" content="2" />');
    expect(body).toContain('dev.localhost does not answer yet');
    await startEcho(door, 'dev', '127.0.0.2');
    expect((await ask(door, 'dev.localhost')).status).toBe(200);
  });

  it('leads to an environment as soon as there is one, without being told', async () => {
    const door = await Door.open();
    expect((await ask(door, 'late.localhost')).status).toBe(404);
    await startEcho(door, 'late', '127.0.0.2');
    expect((await ask(door, 'late.localhost')).status).toBe(200);
  });

  it('leads to Argo CD, and nobody else by that name', async () => {
    const door = await Door.open();
    await startEcho(door, 'argocd', '127.0.0.2');
    expect((await ask(door, 'argocd.localhost')).status).toBe(404);
    door.name('argocd', '127.0.0.2', 'argocd-server.argocd');
    expect((await ask(door, 'argocd.localhost')).status).toBe(200);
  });

  it('leads to Prometheus where there is one, and says how to have it where there is none', async () => {
    const door = await Door.open();
    const hint = 'Prometheus runs where it was asked for: <code>./bootstrap.sh --observe</code>';
    const { status, body } = await ask(door, 'prometheus.localhost:8000', {}, '/graph');
    expect(status).toBe(404);
    expect(body).toContain(hint);
    expect((await ask(door, 'nowhere.localhost')).body).not.toContain('Prometheus');
    await startEcho(door, 'prometheus', '127.0.0.2');
    expect((await ask(door, 'prometheus.localhost')).status).toBe(404);
    door.name('prometheus', '127.0.0.2', 'prometheus.observe');
    const asked = await ask(door, 'prometheus.localhost', {}, '/api/v1/alerts');
    expect(JSON.parse(asked.body)).toMatchObject({ url: '/api/v1/alerts' });
  });

  describe('asks Prometheus', () => {
    const own = 'http://prometheus.localhost:8000';
    const cases: [string, boolean, string, Record<string, string>][] = [
      ['for who is no browser', true, '/api/v1/query', {}],
      ['for its own page', true, '/api/v1/query', { origin: own, 'sec-fetch-site': 'same-origin' }],
      ['for whoever types its name', true, '/query', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
      ['for who follows a link', true, '/query', led('cross-site')],
      ['for who follows a link of another name', true, '/alerts', led('same-site')],
      ['not for another page', false, '/api/v1/query', { origin: 'https://example.org' }],
      ['not for one at another port', false, '/api/v1/query', { origin: 'http://prometheus.localhost:8001' }],
      ['not for one whose name begins alike', false, '/api/v1/query', { origin: `${own}.example.org` }],
      ['not for one that has no name', false, '/api/v1/query', { origin: 'null' }],
      ['not for a script or picture of another page', false, '/api/v1/query', elsewhere('no-cors', 'image')],
      ['not for what another page fetches', false, '/query', elsewhere('cors', 'empty')],
      ['not for a frame of another page', false, '/query', elsewhere('navigate', 'iframe')],
      ['not for a link to data', false, '/api/v1/query', led('cross-site')],
      ['not for a link to data that is written otherwise', false, '//%61pi/v1/query', led('same-site')],
      ['for nobody about itself', false, '/debug/pprof/heap', {}],
      ['for nobody about itself, its own page neither', false, '/debug', { origin: own }],
    ];
    function led(site: string) {
      return { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    }
    function elsewhere(mode: string, dest: string) {
      return { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
    }
    it.each(cases)('%s', async (_, asked, path, headers) => {
      const door = await Door.open();
      await startEcho(door, 'prometheus', '127.0.0.2');
      door.name('prometheus', '127.0.0.2', 'prometheus.observe');
      const { status, body } = await ask(door, 'prometheus.localhost:8000', headers, path);
      expect(status).toBe(asked ? 200 : 403);
      expect(body.includes(`open ${door.url('prometheus')} itself`)).toBe(!asked);
    });

    it('and is as open as ever to whoever asks for another name', async () => {
      const door = await Door.open();
      await startEcho(door, 'dev', '127.0.0.2');
      door.name('argocd', '127.0.0.2', 'argocd-server.argocd');
      for (const host of ['dev.localhost', 'argocd.localhost'])
        for (const headers of [{ origin: 'https://example.org' }, elsewhere('cors', 'empty')])
          for (const path of ['/api/v1/query', '/debug/pprof'])
            expect((await ask(door, host, headers, path)).status).toBe(200);
    });
  });

  it('tells what it counts, at a port of its own alone', async () => {
    const door = await Door.open();
    await startEcho(door, 'dev', '127.0.0.2');
    const samples = async () => {
      const text = await (await fetch(`http://127.0.0.1:${door.metricsPort}/metrics`)).text();
      return Object.fromEntries(text.matchAll(/^(nginx_\w+) (\d+)$/gm).map(([, name, value]) => [name, Number(value)]));
    };
    const before = await samples();
    const held = connect(door.port, '127.0.0.1');
    onTestFinished(() => void held.destroy());
    await once(held, 'connect');
    await expect
      .poll(async () => (await samples())['nginx_connections_active'])
      .toBe(before['nginx_connections_active']! + 1);
    // One that comes in, and one that goes on to the environment.
    const opened = (await samples())['nginx_connections_opened_total']!;
    expect((await ask(door, 'dev.localhost')).status).toBe(200);
    expect((await samples())['nginx_connections_opened_total']! - opened).toBeGreaterThanOrEqual(2);
    const table = rows.filter(({ service }) => service === 'door');
    expect(withoutLabels(await metricsAt(`http://127.0.0.1:${door.metricsPort}`))).toEqual(withoutLabels(table));

    for (const host of ['dev.localhost', 'localhost'])
      expect((await ask(door, host, {}, '/metrics')).body).not.toContain('nginx_');
    expect((await fetch(`http://127.0.0.1:${door.metricsPort}/`)).status).toBe(404);
  });

  it('says itself for whom it asks, whatever the client says', async () => {
    const door = await Door.open();
    await startEcho(door, 'dev', '127.0.0.2');
    const made = {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.test',
      forwarded: 'for=6.6.6.6',
    };
    const { headers } = JSON.parse((await ask(door, 'dev.localhost:8000', made)).body) as Answer;
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'dev.localhost:8000',
    });
    expect(headers).not.toHaveProperty('forwarded');
  });

  it('lets WebSockets through, from pages of that name alone', async () => {
    const door = await Door.open();
    const log = await startDev(door);
    const host = hostOf(door, 'dev');
    const client = (origin: string) => new Client(`http://127.0.0.1:${door.port}`, {}, { host, origin });
    const own = client(`http://${host}`);
    await own.until(({ messages }) => messages.length === 3);
    await append(log, TOPIC, 4, 4);
    await own.until(({ messages }) => messages.length === 4);
    const other = client(door.url('prod'));
    await other.until(({ failures }) => failures > 0);
    expect(other.about).toBeUndefined();
  });

  it.each(['h2c', 'TLS/1.0', 'foo', 'websocket2'])('does not take up the offer of Upgrade: %s', async (upgrade) => {
    const door = await Door.open();
    await startEcho(door, 'dev', '127.0.0.2');
    const { status, body } = await ask(door, 'dev.localhost', { connection: 'upgrade', upgrade });
    expect(status).toBe(200);
    const { headers } = JSON.parse(body) as Answer;
    expect(headers.connection).toBe('close');
    expect(headers).not.toHaveProperty('upgrade');
  });

  it.each(['websocket', 'WebSocket'])('passes on that somebody wants a %s', async (upgrade) => {
    const door = await Door.open();
    await startEcho(door, 'dev', '127.0.0.2');
    const { body } = await ask(door, 'dev.localhost', { connection: 'upgrade', upgrade });
    expect((JSON.parse(body) as Answer).headers).toMatchObject({ connection: 'upgrade', upgrade: 'websocket' });
  });

  it('ends an answer that is quiet, but after an hour', async () => {
    const door = await Door.open({ 'proxy_read_timeout 1h': 'proxy_read_timeout 300ms' });
    await startServer(door, 'dev', '127.0.0.2', (_asked, answer) => void answer.write('the first part'));
    await expect(ask(door, 'dev.localhost')).rejects.toThrow('aborted');
  });

  it.each([
    ['of a known length', 9, 200],
    ['of a known length', 11, 413],
    ['in chunks', 9, 200],
    ['in chunks', 11, 413],
  ])('takes bodies %s up to 10 MiB: of %i, %i', async (how, mebibytes, status) => {
    const door = await Door.open();
    await startServer(door, 'dev', '127.0.0.2', (asked, answer) => {
      void asked.toArray().then((parts: Buffer[]) => answer.end(String(Buffer.concat(parts).length)));
    });
    const length = mebibytes * 2 ** 20;
    const headers = { host: 'dev.localhost', ...(how === 'in chunks' ? {} : { 'content-length': length }) };
    const asked = request({ host: '127.0.0.1', port: door.port, method: 'POST', agent: false, headers });
    // The door does not wait for the rest of what it refuses.
    asked.on('error', () => {});
    asked.end(Buffer.alloc(length));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(status);
    const body = (await answer.toArray().catch(() => [])).join('');
    expect(body === String(length)).toBe(status === 200);
  });

  it('passes a body on as it comes, and keeps none', async () => {
    const door = await Door.open();
    const { promise: came, resolve } = Promise.withResolvers<string>();
    await startServer(door, 'dev', '127.0.0.2', (asked, answer) => {
      asked.once('data', (part: Buffer) => resolve(part.toString()));
      asked.once('end', () => answer.end());
    });
    const asked = request({
      host: '127.0.0.1',
      port: door.port,
      method: 'POST',
      agent: false,
      headers: { host: 'dev.localhost' },
    });
    asked.write('the first part');
    expect(await came).toBe('the first part');
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    answer.resume();
  });

  it('is believed by a consumer that trusts it', async () => {
    const door = await Door.open();
    const { ACCOUNTS_FILE, SESSION_KEYS_FILE } = (await SecuredFiles.create({ alice: [TOPIC] })).env;
    const accounts = { ACCOUNTS_FILE, SESSION_KEYS_FILE, METRICS_PORT: '0', TRUSTED_PROXIES: '127.0.0.1' };
    await startConsumer(await openLog(TOPIC), accounts, door.servicePort);
    door.name('dev', '127.0.0.1');
    // Whoever comes in the clear cannot make it say otherwise.
    const { body } = await ask(door, hostOf(door, 'dev'), { 'x-forwarded-proto': 'https' }, '/sign-in');
    expect(body).toContain('A password must not travel in the clear');
  });

  it('leads from the name of a secured environment in the clear to its name with TLS', async () => {
    const door = await Door.open();
    const files = await SecuredFiles.create({ alice: [TOPIC] });
    await startConsumer(await openLog(TOPIC), { ...files.env, METRICS_PORT: '0' }, door.servicePort);
    door.name('prod', '127.0.0.1');
    const { status, headers } = await ask(door, hostOf(door, 'prod'), {}, '/sign-in?a=b');
    expect(status).toBe(308);
    expect(headers.location).toBe(`https://prod.localhost:${door.securePort}/sign-in?a=b`);
  });

  it('leaves the port of every other name as it is', async () => {
    const door = await Door.open();
    const elsewhere = `https://example.org:${door.port}/a`;
    await startServer(door, 'dev', '127.0.0.2', (_asked, answer) => {
      answer.writeHead(302, { location: elsewhere }).end();
    });
    expect((await ask(door, 'dev.localhost')).headers.location).toBe(elsewhere);
  });

  it('passes TLS on as it is, by the name that is asked for', async () => {
    const door = await Door.open();
    await startSecured(door, 'prod', '127.0.0.2');
    await startSecured(door, 'safe', '127.0.0.3');
    const [prod, safe] = await Promise.all(['prod.localhost', 'safe.localhost'].map((name) => askSecurely(door, name)));
    expect([prod!.said, safe!.said]).toEqual(['prod', 'safe']);
    expect(prod!.fingerprint).not.toBe(safe!.fingerprint);
  });

  it.each(['PROD.localhost', 'Prod.LocalHost', 'prod.localhost.'])('knows %s, as the DNS does', async (name) => {
    const door = await Door.open();
    await startSecured(door, 'prod', '127.0.0.2');
    await startEcho(door, 'dev', '127.0.0.3');
    expect((await askSecurely(door, name)).said).toBe('prod');
    expect((await ask(door, name.replace(/prod/i, 'Dev'))).status).toBe(200);
  });

  it.each(['nowhere.localhost', 'localhost', 'a.prod.localhost'])(
    'ends TLS for %s, which nothing has',
    async (name) => {
      const door = await Door.open();
      await startSecured(door, 'prod', '127.0.0.2');
      await expect(askSecurely(door, name)).rejects.toThrow(/socket disconnected|ECONNRESET/);
    },
  );

  it('cuts off who says little, in the clear and with TLS', async () => {
    const door = await Door.open({
      'client_header_timeout 10s': 'client_header_timeout 300ms',
      'preread_timeout 10s': 'preread_timeout 300ms',
    });
    await startEcho(door, 'dev', '127.0.0.2');
    expect(await send(door.port, 'GET / HTTP/1.1\r\nHost: dev.loc')).toBe('');
    expect(await send(door.securePort, '\x16\x03\x01')).toBe('');
  });

  it('refuses headers that are too big', async () => {
    const door = await Door.open();
    await startEcho(door, 'dev', '127.0.0.2');
    expect((await ask(door, 'dev.localhost', { cookie: 'x'.repeat(7_000) })).status).toBe(200);
    expect((await ask(door, 'dev.localhost', { cookie: 'x'.repeat(9_000) })).status).toBe(400);
  });

  it('bounds the connections with TLS that one address has open', async () => {
    const door = await Door.open({ 'connections 1000': 'connections 2' });
    await startSecured(door, 'prod', '127.0.0.2');
    const held = [1, 2].map(() => connect(door.securePort, '127.0.0.1'));
    onTestFinished(() => held.forEach((socket) => socket.destroy()));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    await expect(askSecurely(door, 'prod.localhost')).rejects.toThrow(/socket disconnected|ECONNRESET/);
    held[0]!.destroy();
    const said = async () => (await askSecurely(door, 'prod.localhost').catch(() => undefined))?.said;
    await expect.poll(said).toBe('prod');
  });

  it('bounds what one address has open', async () => {
    const door = await Door.open({ 'requests 1000': 'requests 2' });
    const log = await openLog(TOPIC);
    await startConsumer(log, {}, door.servicePort);
    door.name('dev', '127.0.0.1');
    const host = hostOf(door, 'dev');
    const clients = [1, 2].map(() => new Client(`http://127.0.0.1:${door.port}`, {}, { host }));
    for (const client of clients) await client.until(({ about }) => about !== undefined);
    expect((await ask(door, host)).status).toBe(429);
    clients[0]!.socket.close();
    await expect.poll(async () => (await ask(door, host)).status).toBe(200);
  });

  describeInBrowser('a page', (open) => {
    it('goes live at its name', async () => {
      const door = await Door.open();
      const log = await startDev(door);
      const { page, complaints } = await open(door.url('dev'));
      await page.locator('#pill[data-state=live]').waitFor();
      await append(log, TOPIC, 4, 4);
      await expect.poll(async () => (await offsets(page))[0]).toBe(3);
      expect(complaints).toEqual([]);
    });

    it('that was opened while its environment starts comes by itself', async () => {
      const door = await Door.open();
      door.name('dev', '127.0.0.1');
      const { page } = await open(door.url('dev'));
      expect(await page.title()).toBe('503: not yet');
      await startConsumer(await openLog(TOPIC), {}, door.servicePort);
      await page.locator('#pill[data-state=live]').waitFor();
    });
  });
});

describe('the list of environments', () => {
  it('is told to the door, and to its pods at once', async () => {
    const sandbox = await Sandbox.create();
    onTestFinished(() => sandbox.remove());
    await sandbox.giveAll();
    await sandbox.give('date');
    await sandbox.give(
      'kubectl',
      'shift 2; echo "$*" >>~/calls; case "$*" in *" create "*) cat ;; *" apply "*) cat >~/told ;; esac',
    );
    const { status } = await sandbox.shell('tell_door $(environments)');
    expect(status).toBe(0);
    expect((await sandbox.shell('cat ~/told')).output).toBe(
      ['default', 'dev', 'prod']
        .map((name) => `<li><a href="http://${name}.localhost:8000">${name}</a></li>\n`)
        .join(''),
    );
    expect((await sandbox.shell('tail -n 1 ~/calls')).output).toMatch(
      /^-n door annotate pods -l app.kubernetes.io\/name=door --overwrite hello-world\/told=/,
    );
  });
});

describe("the door's configuration", () => {
  it('is short enough to be read', () => {
    const text = readFileSync(join(import.meta.dirname, '../door/nginx.conf'), 'utf8');
    expect(text.split('\n').length - 1).toBeLessThan(80);
  });
});

describe("the door's manifests", () => {
  const pods = (namespace: object, labels: object) => [
    { namespaceSelector: { matchLabels: namespace }, podSelector: { matchLabels: labels } },
  ];
  const PROMETHEUS = [
    { 'kubernetes.io/metadata.name': 'observe' },
    { 'app.kubernetes.io/name': 'prometheus' },
  ] as const;
  const read = (name: string) => readFileSync(join(import.meta.dirname, '../door', name), 'utf8');

  it('are a pod that may do nothing but serve', () => {
    const { spec } = (parse(read('deployment.yaml')) as Deployment).spec.template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    const [nginx] = spec.containers;
    expect(nginx).toMatchObject({
      image: 'docker.io/nginxinc/nginx-unprivileged:1.30.4-alpine',
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      resources: { requests: { memory: '16Mi' } },
    });
    expect(parse(read('namespace.yaml'))).toMatchObject({
      metadata: { name: 'door', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
  });

  it('have memory for all that one address may have open, and for all connections at their worst', () => {
    const conf = read('nginx.conf');
    const number = (pattern: RegExp) => Number(pattern.exec(conf)?.[1]);
    const connections = number(/worker_connections (\d+)/);
    // Each goes on to a service, by a connection of its own.
    const ofOneAddress = 2 * (number(/limit_conn requests (\d+)/) + number(/limit_conn connections (\d+)/));
    expect(connections).toBeGreaterThan(ofOneAddress);

    const { securityContext, containers } = (parse(read('deployment.yaml')) as Deployment).spec.template.spec;
    const buffers = Object.fromEntries(securityContext.sysctls.map(({ name, value }) => [name, value.split(' ')[2]]));
    // At a time one that is stalled has either something that is not read or something that is not sent.
    const socket = Math.max(Number(buffers['net.ipv4.tcp_rmem']), Number(buffers['net.ipv4.tcp_wmem']));
    // Measured: half a request, with headers of 8 KiB, and what it takes of the kernel.
    const nginx = 28 * 1024;
    const [, limit] = /^(\d+)Mi$/.exec(containers[0]!.resources.limits.memory)!;
    expect(connections * nginx + ofOneAddress * socket).toBeLessThan(Number(limit) * 2 ** 20);
  });

  it.skipIf(kubectl === undefined)('leave sockets as they are in another cluster, where people may be far away', () => {
    const folder = join(import.meta.dirname, '../../elsewhere/door');
    const rendered = parseAllDocuments(execFileSync(kubectl!, ['kustomize', folder]).toString());
    const deployment = rendered.map((one) => one.toJS() as Deployment & { kind: string });
    const { template } = deployment.find(({ kind }) => kind === 'Deployment')!.spec;
    expect(template.spec.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('let it reach the DNS, consumers, Argo CD and Prometheus, and nobody else', () => {
    const [deny, own] = parseAllDocuments(read('network-policies.yaml')).map((one) => one.toJS() as { spec: object });
    expect(deny!.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const { egress } = own!.spec as { egress: { to: object[]; ports: object[] }[] };
    expect(egress.map(({ to }) => to)).toEqual([
      pods({ 'kubernetes.io/metadata.name': 'kube-system' }, { 'k8s-app': 'kube-dns' }),
      pods({ 'app.kubernetes.io/part-of': 'hello-world' }, { 'app.kubernetes.io/name': 'consumer' }),
      pods({ 'kubernetes.io/metadata.name': 'argocd' }, { 'app.kubernetes.io/name': 'argocd-server' }),
      pods(...PROMETHEUS),
    ]);
    for (const { ports } of egress) expect(ports.length).toBeGreaterThan(0);
  });

  it('let everyone come in, and Prometheus alone to its metrics, which no Service has', () => {
    const [, own] = parseAllDocuments(read('network-policies.yaml')).map((one) => one.toJS() as { spec: object });
    const { ingress } = own!.spec as { ingress: { from?: object[]; ports: object[] }[] };
    expect(ingress).toEqual([
      { ports: [{ port: 'http' }, { port: 'https' }] },
      { from: pods(...PROMETHEUS), ports: [{ port: 'metrics' }] },
    ]);
    const { ports } = (parse(read('service.yaml')) as { spec: { ports: { targetPort: string }[] } }).spec;
    expect(ports.map(({ targetPort }) => targetPort)).toEqual(['http', 'https']);
  });

  it('have the node ports that are published', () => {
    const { ports } = (parse(read('service.yaml')) as { spec: { ports: { nodePort: number }[] } }).spec;
    const script = readFileSync(join(import.meta.dirname, '../scripts/lib/ports.sh'), 'utf8');
    const published = [...script.matchAll(/DOOR_NODE_PORT=(\d+)$/gm)].map(([, port]) => Number(port));
    expect(ports.map(({ nodePort }) => nodePort)).toEqual(published);
  });
});
