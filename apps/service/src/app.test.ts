import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import Router from 'koa-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCertificate } from '../testing/certificate.ts';
import { createTestContext, ERROR } from '../testing/context.ts';
import { serve } from '../testing/serve.ts';
import { createApp, createMetricsApp, type Readiness } from './app.ts';
import { createSecureServer } from './secure-server.ts';

async function start({ ready = () => undefined, routes = new Router() }: { ready?: Readiness; routes?: Router } = {}) {
  const context = createTestContext();
  const url = await serve(createApp(context, ready, routes).callback());
  return { url, context };
}

const requests = (labels: string) => `http_request_duration_seconds_count{${labels}}`;
const mediaType = (response: Response) => response.headers.get('content-type')!.split(';')[0];

/** Sends a request that `fetch` would not, and gives the whole answer. */
async function sendRaw(url: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${request}\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  return text(socket);
}

describe('createApp', () => {
  it('is healthy, ready or not', async () => {
    const { url } = await start({ ready: () => 'the log is away' });
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('is ready when nothing speaks against it', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ready' });
  });

  it('says why it is not ready, and asks anew each time', async () => {
    let reason: string | undefined = 'still reading hello-world';
    const { url } = await start({ ready: () => reason });
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(mediaType(response)).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'still reading hello-world',
    });
    reason = undefined;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('tells by its metrics whether it is ready, too', async () => {
    let reason: string | undefined = 'still reading hello-world';
    const { url } = await start({ ready: () => reason });
    const metrics = async () => (await fetch(`${url}/metrics`)).text();
    expect(await metrics()).toContain('\nservice_ready 0\n');
    reason = undefined;
    expect(await metrics()).toContain('\nservice_ready 1\n');
  });

  it('tells its version, what it runs of, and the version of Node', async () => {
    const { url } = await start();
    const body = await (await fetch(`${url}/version`)).json();
    const version = expect.stringMatching(/^\d+\.\d+\.\d+/);
    expect(body).toEqual({ name: 'test', version, revision: 'source', node: process.version });
  });

  it('tells the metrics of the process, and of requests by route, method and status', async () => {
    const routes = new Router().get('/things/:thing', (ctx) => {
      ctx.body = 'a thing';
    });
    const { url, context } = await start({ routes });
    for (const path of ['/things/1', '/things/2', '/nothing', '/nothing/either']) await fetch(url + path);
    const response = await fetch(`${url}/metrics`);
    expect(mediaType(response)).toBe('text/plain');
    const metrics = await response.text();
    expect(metrics).toContain(`${requests('method="GET",route="/things/:thing",status="200"')} 2\n`);
    expect(metrics).toContain(`${requests('method="GET",route="none",status="404"')} 2\n`);
    expect(metrics).toMatch(/^process_cpu_seconds_total /m);
    const version = expect.stringMatching(/^\d+\.\d+\.\d+/);
    const [build] = (await context.registry.getSingleMetric('build_info')!.get()).values;
    expect(build).toMatchObject({ value: 1, labels: { version, revision: 'source', node: process.version } });
  });

  it('calls nothing a total that does not only grow', async () => {
    const metrics = await createTestContext().registry.getMetricsAsJSON();
    const totals = metrics.filter(({ name }) => name.endsWith('_total'));
    expect(new Set(totals.map(({ type }) => String(type)))).toEqual(new Set(['counter']));
  });

  it('has no metrics where another port has them', async () => {
    const context = createTestContext();
    const url = await serve(createApp(context, () => undefined, new Router(), { metrics: false }).callback());
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await context.registry.metrics()).toContain(requests('method="GET",route="none",status="404"'));
  });

  it('adds what an error has for programs to its problem details, and nothing of one that nobody threw on purpose', async () => {
    const routes = new Router();
    routes.get('/gone', (ctx) => ctx.throw(404, 'it is gone', { members: { reason: 'evicted' } }));
    routes.get('/broken', () => {
      throw Object.assign(new Error('broken'), { members: { secret: 1 } });
    });
    const url = await serve(createApp(createTestContext(), () => undefined, routes).callback());
    const problemAt = async (path: string) => (await fetch(url + path)).json();
    expect(await problemAt('/gone')).toMatchObject({ status: 404, detail: 'it is gone', reason: 'evicted' });
    expect(await problemAt('/broken')).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500 });
  });

  it('answers 404 with problem details where nothing is', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/nothing?secret=1`);
    expect(response.status).toBe(404);
    expect(mediaType(response)).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'nothing is at /nothing',
    });
  });

  it.each(['/healthz', '/things'])('answers 405 and says what is allowed when %s is posted to', async (path) => {
    const routes = new Router().get('/things', (ctx) => {
      ctx.body = 'things';
    });
    const { url } = await start({ routes });
    const response = await fetch(url + path, { method: 'POST' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('HEAD, GET');
    expect(await response.json()).toMatchObject({
      title: 'Method Not Allowed',
      status: 405,
      detail: `${path} takes no POST`,
    });
  });

  it('answers HEAD as GET, without a body', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/healthz`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it('shows nothing of an error that was not thrown on purpose, which only the log has', async () => {
    const routes = new Router().get('/broken', () => {
      throw new Error('password is hunter2');
    });
    const { url, context } = await start({ routes });
    const response = await fetch(`${url}/broken`);
    expect(response.status).toBe(500);
    expect(mediaType(response)).toBe('application/problem+json');
    const body = await response.text();
    expect(JSON.parse(body)).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500 });
    const line = context.lines.find(({ level }) => level === ERROR);
    expect(line).toMatchObject({ path: '/broken', err: { message: 'password is hunter2' } });
  });

  it('shows nothing of what is thrown and is no error', async () => {
    const routes = new Router().get('/broken', () => {
      // eslint-disable-next-line no-throw-literal, typescript/only-throw-error -- what a careless library does
      throw null;
    });
    const { url } = await start({ routes });
    const response = await fetch(`${url}/broken`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ title: 'Internal Server Error' });
  });

  it('shows what was thrown for the client, and does not log it as an error', async () => {
    const routes = new Router().get('/picky', (ctx) => ctx.throw(400, 'limit must be from 1 to 100'));
    const { url, context } = await start({ routes });
    const response = await fetch(`${url}/picky`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ status: 400, detail: 'limit must be from 1 to 100' });
    expect(context.lines.filter(({ level }) => level >= ERROR)).toEqual([]);
  });

  it.each([400, 499, 500])('gives details to a %i without a body', async (status) => {
    const routes = new Router().get('/bare', (ctx) => {
      ctx.status = status;
    });
    const { url } = await start({ routes });
    const response = await fetch(`${url}/bare`);
    expect(mediaType(response)).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ type: 'about:blank', status });
  });

  it('keeps the body that a handler gave to its own 4xx', async () => {
    const routes = new Router().get('/teapot', (ctx) => {
      ctx.status = 418;
      ctx.body = 'short and stout';
    });
    const { url } = await start({ routes });
    expect(await (await fetch(`${url}/teapot`)).text()).toBe('short and stout');
  });

  it.each(['GET /%E0%A4%A HTTP/1.1', 'GET /things/%zz HTTP/1.1', 'GET //healthz// HTTP/1.1', 'BREW /healthz HTTP/1.1'])(
    'stays up and takes %s for no error of its own',
    async (request) => {
      const { url, context } = await start({
        routes: new Router().get('/things/:thing', (ctx) => {
          ctx.body = ctx.params.thing;
        }),
      });
      expect(await sendRaw(url, request)).toMatch(/^HTTP\/1\.1 [24]\d\d /);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect(context.lines.filter(({ level }) => level >= ERROR)).toEqual([]);
    },
  );

  it.each(['/healthz', '/nothing'])('sends the security headers with %s', async (path) => {
    const { url } = await start();
    const { headers } = await fetch(url + path);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    // What comes in the clear must not promise HTTPS.
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });

  describe.each([
    ['the application', (routes: Router) => createApp(createTestContext(), () => 'not yet', routes)],
    ['the metrics', () => createMetricsApp(createTestContext(), () => 'not yet')],
  ])('over TLS, %s', (_, create) => {
    async function startSecure(): Promise<(path: string, host?: string) => Promise<IncomingMessage['headers']>> {
      const routes = new Router().get('/moved', (ctx) => ctx.redirect('/healthz'));
      routes.get('/broken', () => Promise.reject(new Error('broken')));
      const server = createSecureServer(createCertificate(), create(routes).callback()).listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      return async (path, host) => {
        const options = { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false } as const;
        const sent = get({ ...options, ...(host !== undefined && { setHost: false, headers: { host } }) });
        const [response] = (await once(sent, 'response')) as [IncomingMessage];
        response.resume();
        return response.headers;
      };
    }
    // What there is, an error, what there is not, and what only the application has.
    const PATHS = ['/healthz', '/readyz', '/nothing', '/moved', '/broken'];

    it.each(['hello.test', 'Hello.Test:8003', 'localhost.test', '192.168.1.7'])(
      'promises HTTPS for a year to %s, with every answer',
      async (host) => {
        const ask = await startSecure();
        for (const path of PATHS) {
          const answer = await ask(path, host);
          expect(answer['strict-transport-security']).toBe('max-age=31536000');
          expect(answer['content-security-policy']).toContain("default-src 'none'");
        }
      },
    );

    it.each([undefined, 'localhost', 'LOCALHOST:8003', 'localhost.', 'prod.localhost:443', '127.8.9.10', '[::1]:8003'])(
      'takes the promise back from %s, where browsers would hold every other port to it',
      async (host) => {
        const ask = await startSecure();
        for (const path of PATHS) {
          const answer = await ask(path, host);
          expect(answer['strict-transport-security']).toBe('max-age=0');
          expect(answer['content-security-policy']).toContain("default-src 'none'");
        }
      },
    );

    it.each(['', 'a b', 'hello.test/path', 'localhost:99999'])(
      'promises nothing to "%s", which is no host, and takes nothing back',
      async (host) => {
        const ask = await startSecure();
        expect((await ask('/healthz', host))['strict-transport-security']).toBeUndefined();
      },
    );
  });

  it('takes someone who hangs up in the middle of an answer for nobody’s error, but a stream that breaks for one', async () => {
    const context = createTestContext();
    const app = createApp(context, () => undefined, new Router());
    for (const code of ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EIO']) {
      app.emit('error', Object.assign(new Error(code), { code }));
    }
    const answers = context.lines.filter(({ msg }) => msg === 'an answer failed');
    expect(answers.map(({ level }) => level)).toEqual([20, 20, 20, ERROR]);
  });
});

describe('createMetricsApp', () => {
  it('has the metrics and the probes, and nothing else', async () => {
    const context = createTestContext();
    const url = await serve(createMetricsApp(context, () => 'the log is away').callback());
    const paths = ['/metrics', '/healthz', '/readyz', '/version', '/'];
    const answers = await Promise.all(paths.map((path) => fetch(url + path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 200, 404]);
    expect(await answers[0]!.text()).toMatch(/^process_cpu_seconds_total /m);
  });
});
