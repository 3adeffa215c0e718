import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../service/testing/free-port.ts';
import { describeInBrowser, offsets, signIn, texts } from '../testing/browser.ts';
import { Client } from '../testing/client.ts';
import { append, openLog, type RunningConsumer, startConsumer } from '../testing/consumer.ts';
import { findNginx, Nginx } from '../testing/nginx.ts';
import { PASSWORD, SecuredFiles } from '../testing/secured.ts';
import { trust } from '../testing/visitor.ts';

const TOPIC = 'hello-world';
const operations = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const snippet = /```nginx\n(.*?)```/s.exec(operations)![1]!;
const WEBSOCKETS =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';

const portOf = ({ url }: RunningConsumer): string => new URL(url).port;
/** The snippet of the docs for a consumer, which is below another prefix if one is given. */
const fromDocs = (consumer: RunningConsumer, prefix = '/hello/'): string => {
  expect(snippet).toContain('127.0.0.1:8001');
  return snippet.replace('127.0.0.1:8001', `127.0.0.1:${portOf(consumer)}`).replace('/hello/', prefix);
};
const strips = (text: string): string => text.replace(/(proxy_pass [^;]+);/, '$1/;');

async function startWith(env: Record<string, string> = {}, port = 0) {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 150);
  return { log, consumer: await startConsumer(log, env, port) };
}

const becomesLive = (page: Page): Promise<void> => page.locator('#pill[data-state=live]').waitFor();
const alert = (page: Page) => page.locator('#obstacle');

/** Tries all of a page that is live: what comes live, what is older, what can be exported. */
async function use(page: Page, log: Awaited<ReturnType<typeof openLog>>, base: string): Promise<void> {
  await becomesLive(page);
  await append(log, TOPIC, 151, 151);
  await expect.poll(async () => (await offsets(page))[0]).toBe(150);
  await page.getByRole('button', { name: 'Load older' }).click();
  await expect.poll(async () => (await offsets(page)).at(-1)).toBe(0);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ]);
  expect(download.url()).toBe(`${base}api/topics/${TOPIC}/messages?format=csv`);
  expect(await download.failure()).toBeNull();
}

const missing = findNginx() === undefined;
const reason = 'no nginx on PATH or in /usr/sbin: install nginx-light';
if (missing) console.warn(`Skipped: the tests of "behind a proxy", because there is ${reason}.`);

describe.skipIf(missing)(`behind nginx${missing ? ` (skipped: ${reason})` : ''}`, () => {
  describeInBrowser('the page', (open) => {
    it.each([
      ['leaves', (text: string) => text],
      ['takes off', strips],
    ])('works below a prefix that the nginx of the docs %s', async (_, change) => {
      const nginx = await Nginx.create();
      const { log, consumer } = await startWith({ PUBLIC_URL: `${nginx.url}/hello/`, TRUSTED_PROXIES: '127.0.0.1' });
      await nginx.serve(change(fromDocs(consumer)));
      // Without the slash it is found, too.
      const { page, complaints } = await open(nginx.url, { address: '/hello?topic=hello-world' });
      expect(page.url()).toBe(`${nginx.url}/hello/?topic=hello-world`);
      await use(page, log, `${nginx.url}/hello/`);
      expect(complaints).toEqual([]);

      const live = new Client(nginx.url, {}, {}, '/hello/socket.io/');
      await live.until(({ messages }) => messages.length > 0);
      // The cluster knows nothing of a prefix.
      for (const path of ['healthz', 'readyz', 'metrics', 'version'])
        expect((await fetch(`${consumer.url}/${path}`)).status).toBe(200);
    });

    it('needs no setting where the proxy takes the prefix off and passes on the host', async () => {
      const nginx = await Nginx.create();
      const { log, consumer } = await startWith();
      await nginx.serve(
        `location /any/where/ { proxy_pass http://127.0.0.1:${portOf(consumer)}/; ${WEBSOCKETS} proxy_set_header Host $http_host; }`,
      );
      const { page, complaints } = await open(nginx.url, { address: '/any/where/' });
      await use(page, log, `${nginx.url}/any/where/`);
      expect(complaints).toEqual([]);
    });

    it('needs its path alone where the proxy leaves the prefix and passes on the host', async () => {
      const nginx = await Nginx.create();
      const { log, consumer } = await startWith({ PUBLIC_URL: '/any/where' });
      await nginx.serve(
        `location / { proxy_pass http://127.0.0.1:${portOf(consumer)}; ${WEBSOCKETS} proxy_set_header Host $host:$server_port; }`,
      );
      const { page, complaints } = await open(nginx.url, { address: '/any/where' });
      await use(page, log, `${nginx.url}/any/where/`);
      expect(complaints).toEqual([]);
    });

    it('says that its origin is refused, in the log once, and goes live when that is set', async () => {
      const port = await freePort();
      const { log, consumer } = await startWith({}, port);
      const nginx = await Nginx.create();
      // The host is that of the upstream, as nginx does it by itself.
      await nginx.serve(`location / { proxy_pass http://127.0.0.1:${port}; ${WEBSOCKETS} }`);
      const { page } = await open(nginx.url);
      await alert(page).waitFor();
      expect(await alert(page).textContent()).toBe(
        `Refused: this server does not know ${nginx.url} as its own: set PUBLIC_URL to the address of the page, ` +
          'or have the proxy pass on the header Host. Trying on.',
      );
      const again = await open(nginx.url);
      await alert(again.page).waitFor();
      expect(consumer.lines.filter(({ origin }) => origin !== undefined)).toEqual([
        expect.objectContaining({
          origin: nginx.url,
          host: `127.0.0.1:${port}`,
          msg: 'pages of this origin are refused: if it is yours, set PUBLIC_URL to the address of the page',
        }),
      ]);

      await consumer.close();
      await startConsumer(log, { PUBLIC_URL: nginx.url }, port);
      for (const each of [page, again.page]) {
        await becomesLive(each);
        expect(await alert(each).isVisible()).toBe(false);
      }
      expect(await texts(page)).toHaveLength(50);
    });

    it('says that no WebSocket comes through, and goes live when one does', async () => {
      const { consumer } = await startWith();
      const nginx = await Nginx.create();
      const location = (more: string) =>
        nginx.serve(
          `location / { proxy_pass http://127.0.0.1:${portOf(consumer)}; proxy_set_header Host $http_host; ${more} }`,
        );
      await location('');
      const { page } = await open(nginx.url);
      await alert(page).waitFor();
      expect(await alert(page).textContent()).toMatch(/^The server answers, but no WebSocket comes through: /);
      await location(WEBSOCKETS);
      await becomesLive(page);
      expect(await alert(page).isVisible()).toBe(false);
    });

    it('says nothing of the kind when the server is just away', async () => {
      const port = await freePort();
      const { log, consumer } = await startWith({}, port);
      const nginx = await Nginx.create();
      await nginx.serve(
        `location / { proxy_pass http://127.0.0.1:${port}; ${WEBSOCKETS} proxy_set_header Host $http_host; }`,
      );
      const { page } = await open(nginx.url);
      await becomesLive(page);
      const asked = page.waitForResponse((response) => response.url().includes('/api/live'));
      await consumer.close();
      expect((await asked).status()).toBe(502);
      expect(await alert(page).isVisible()).toBe(false);
      await startConsumer(log, {}, port);
      await becomesLive(page);
    });

    it('has accounts where TLS ends at the proxy, each consumer of the host its own', async () => {
      const files = await SecuredFiles.create({ alice: [TOPIC] });
      const others = await SecuredFiles.create({ bob: [TOPIC] });
      const nginx = await Nginx.create(files.env);
      const start = async (prefix: string, { ACCOUNTS_FILE, SESSION_KEYS_FILE }: SecuredFiles['env']) =>
        startWith({
          ACCOUNTS_FILE,
          SESSION_KEYS_FILE,
          METRICS_PORT: '0',
          PUBLIC_URL: nginx.url + prefix,
          TRUSTED_PROXIES: '127.0.0.0/8',
        });
      const { log, consumer } = await start('/hello/', files.env);
      const { consumer: other } = await start('/other/', others.env);
      await nginx.serve(fromDocs(consumer) + strips(fromDocs(other, '/other/')));

      const { page, complaints } = await open(nginx.url, {
        address: '/hello/?topic=hello-world',
        ignoreHTTPSErrors: true,
      });
      expect(page.url()).toBe(`${nginx.url}/hello/sign-in?topic=hello-world`);
      await signIn(page, { account: 'alice', password: 'not that' });
      await page.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
      await signIn(page, { account: 'alice', password: PASSWORD });
      await page.waitForURL(`${nginx.url}/hello/?topic=hello-world`);
      await use(page, log, `${nginx.url}/hello/`);

      const tab = await page.context().newPage();
      await tab.goto(`${nginx.url}/other/`);
      await tab.waitForURL(`${nginx.url}/other/sign-in`);
      await signIn(tab, { account: 'bob', password: PASSWORD });
      await becomesLive(tab);
      expect((await page.context().cookies()).map(({ name, path, secure }) => [name, path, secure])).toEqual([
        ['__Host-session-local%2Fhello%2F', '/', true],
        ['__Host-session-local%2Fother%2F', '/', true],
      ]);
      await tab.getByRole('button', { name: 'Sign out' }).click();
      await tab.waitForURL(`${nginx.url}/other/sign-in`);
      await page.reload();
      await becomesLive(page);
      expect(await page.locator('#account-name').textContent()).toBe('alice');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(`${nginx.url}/hello/sign-in?topic=hello-world`);
      expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
    });
  });

  it('believes the proxy that is named who asks, and by what, and no other', async () => {
    const files = await SecuredFiles.create({ alice: [TOPIC] });
    trust(files.env.TLS_CERT);
    const nginx = await Nginx.create(files.env);
    const { ACCOUNTS_FILE, SESSION_KEYS_FILE } = files.env;
    const accounts = { ACCOUNTS_FILE, SESSION_KEYS_FILE, METRICS_PORT: '0', PUBLIC_URL: `${nginx.url}/hello/` };
    const attempt = async (url: string, headers: Record<string, string>) => {
      const response = await fetch(`${url}/hello/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ account: 'alice', password: 'wrong' }),
      });
      return [response.status, response.headers.get('strict-transport-security')];
    };
    const addresses = ({ lines }: RunningConsumer) =>
      lines.filter(({ msg }) => msg === 'a sign-in was refused').map(({ address }) => address);
    const made = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'example.org' };

    const { consumer } = await startWith({ ...accounts, TRUSTED_PROXIES: '127.0.0.1' });
    await nginx.serve(fromDocs(consumer).replace('$http_host', 'example.org'));
    expect(await attempt(nginx.url, { 'x-forwarded-for': '6.6.6.6' })).toEqual([401, 'max-age=31536000']);
    // This test asks nginx from an address that is trusted, too, so what it says of others is believed.
    expect(addresses(consumer)).toEqual(['6.6.6.6']);

    const { consumer: stranger } = await startWith({ ...accounts, TRUSTED_PROXIES: '10.0.0.7' });
    await nginx.serve(fromDocs(stranger));
    for (const url of [nginx.url, stranger.url]) expect(await attempt(url, made)).toEqual([403, null]);
    expect(addresses(stranger)).toEqual([]);
    const form = await (await fetch(`${nginx.url}/hello/sign-in`)).text();
    expect(form).toContain('A password must not travel in the clear');
  });
});
