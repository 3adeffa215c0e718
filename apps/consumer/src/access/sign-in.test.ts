import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openLog, startConsumer } from '../../testing/consumer.ts';
import { PASSWORD, SecuredFiles } from '../../testing/secured.ts';
import { trust, Visitor } from '../../testing/visitor.ts';

const TOPIC = 'hello-world';

async function start(env: Record<string, string> = {}) {
  const files = await SecuredFiles.create({ alice: [TOPIC], bob: [] });
  trust(files.env.TLS_CERT);
  const running = await startConsumer(await openLog(TOPIC), { ...files.env, ...env });
  return { ...running, files, visitor: new Visitor(running.url) };
}

const title = async (response: Response) => /<h2 id="sign-in-title">(.*)<\/h2>/.exec(await response.text())?.[1];

describe('without a session', () => {
  it.each(['/api/topics', `/api/topics/${TOPIC}/messages`, '/api/topics/nothing/messages'])(
    'gets a 401 with problem details at %s',
    async (path) => {
      const { visitor } = await start();
      const response = await visitor.get(path);
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(response.headers.get('www-authenticate')).toBe('Session realm="hello-world"');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toMatchObject({ status: 401, detail: 'sign in first, at /sign-in' });
    },
  );

  it('is led from the page to the one to sign in on, and back to the topic afterwards', async () => {
    const { visitor } = await start();
    const page = await visitor.get('/?topic=a%20b');
    expect([page.status, page.headers.get('location')]).toEqual([302, 'sign-in?topic=a%20b']);
    const form = await visitor.get('/sign-in?topic=a%20b');
    expect(await form.text()).toContain('action="sign-in?topic=a%20b"');
    const done = await visitor.postForm('/sign-in?topic=a%20b', { account: 'alice', password: PASSWORD });
    expect([done.status, done.headers.get('location')]).toEqual([303, './?topic=a%20b']);
    expect((await visitor.get('/')).status).toBe(200);
  });

  it('reaches what says nothing of messages', async () => {
    const { visitor } = await start({ METRICS_PORT: '0' });
    for (const path of ['/healthz', '/readyz', '/version']) expect((await visitor.get(path)).status).toBe(200);
    expect((await visitor.get('/metrics')).status).toBe(404);
  });

  it('is led by a link on another site to a page that looks again, as such a link brings no cookie along', async () => {
    const { visitor } = await start();
    const linked = await visitor.get('/sign-in?topic=a', { 'sec-fetch-site': 'cross-site' });
    expect(linked.headers.get('refresh')).toBe('0; url=./?topic=a');
    expect((await visitor.get('/sign-in', { 'sec-fetch-site': 'same-origin' })).headers.get('refresh')).toBeNull();
  });
});

describe('signing in', () => {
  it('gives a session in a cookie that no script and no other site gets, and no plain connection', async () => {
    const { visitor } = await start({ ENVIRONMENT: 'prod' });
    const response = await visitor.signIn('alice');
    expect(response.status).toBe(204);
    const [cookie] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-session-prod=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(await (await visitor.get('/api/topics')).json()).toMatchObject({
      account: 'alice',
      topics: [{ topic: TOPIC, messages: 0 }],
    });
  });

  it('shows the form to nobody who is signed in', async () => {
    const { url } = await start();
    const visitor = await Visitor.signedIn(url, 'alice');
    const response = await visitor.get('/sign-in');
    expect([response.status, response.headers.get('location')]).toEqual([302, './']);
  });

  it('says the same of a wrong password and of a name that nobody has', async () => {
    const { visitor } = await start();
    const wrong = await visitor.signIn('alice', 'not the password');
    const unknown = await visitor.signIn('mallory', 'not the password');
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(await wrong.json()).toEqual(await unknown.json());
    expect(visitor.cookie).toBe('');
  });

  it('shows the form again with what was wrong, as text', async () => {
    const { visitor } = await start();
    const account = '"><script>alert(1)</script>';
    const response = await visitor.postForm('/sign-in', { account, password: 'x' });
    expect(response.status).toBe(401);
    const page = await response.text();
    expect(page).toContain('The account or the password is wrong');
    expect(page).toContain('value="&quot;&gt;&lt;script&gt;');
    expect(page).not.toContain('<script>alert');
  });

  it.each<[string, unknown, number]>([
    ['nothing', {}, 400],
    ['an empty password', { account: 'alice', password: '' }, 400],
    ['a list for an account', { account: ['alice'], password: PASSWORD }, 400],
    ['a very long password', { account: 'alice', password: 'x'.repeat(1025) }, 400],
    ['a very long account', { account: 'a'.repeat(65), password: PASSWORD }, 400],
    ['a body that is too large', { account: 'alice', password: 'x'.repeat(20_000) }, 413],
    ['no object', 'alice', 400],
    ['null', null, 400],
  ])('refuses %s', async (_, body, status) => {
    const { visitor } = await start();
    const response = await visitor.post('/sign-in', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    ['the longest password, in letters that a form writes longest', 'alice', '語'.repeat(1024)],
    ['the longest name', 'a'.repeat(64), 'x'],
  ])('tries %s', async (_, account, password) => {
    const { visitor } = await start();
    expect((await visitor.postForm('/sign-in', { account, password })).status).toBe(401);
  });

  it('refuses a body that it does not know', async () => {
    const { visitor } = await start();
    expect((await visitor.post('/sign-in', {}, { 'content-type': 'text/plain' })).status).toBe(415);
    const broken = await fetch(`${visitor.url}/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"password": "${PASSWORD}`,
    });
    expect(broken.status).toBe(400);
    expect(await broken.text()).not.toContain(PASSWORD);
  });

  it.each([
    ['its origin', { origin: 'https://evil.example' }],
    ['no origin that a page has', { origin: 'null' }],
    ['what the browser says of it', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:8001' }],
  ])('refuses a form of another site, by %s', async (_, headers) => {
    const { visitor } = await start();
    const response = await visitor.postForm('/sign-in', { account: 'alice', password: PASSWORD }, headers);
    expect(response.status).toBe(403);
    expect(visitor.cookie).toBe('');
  });

  it('slows down whoever guesses, and says for how long', async () => {
    const { visitor } = await start();
    // All at once, the right one last: five are free, the sixth begins the first pause. How long each is,
    // throttle.test.ts knows.
    const passwords = [...Array.from({ length: 15 }, () => 'a guess'), PASSWORD];
    const answers = await Promise.all(passwords.map((password) => visitor.signIn('alice', password)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.slice(0, 6).map(({ status }) => status)).not.toContain(204);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused[0]!.json()).toMatchObject({ detail: expect.stringMatching(/wait \d+ s/) });
    // Another account is no worse off.
    expect((await visitor.signIn('bob')).status).toBe(204);
  });

  it('counts what came of it', async () => {
    const { visitor, url } = await start();
    await visitor.signIn('alice', 'wrong');
    await visitor.signIn('alice');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('sign_ins_total{result="refused"} 1');
    expect(metrics).toContain('sign_ins_total{result="accepted"} 1');
  });

  it('leaves neither a password nor a cookie in the log', async () => {
    const { visitor, url, lines } = await start();
    await visitor.signIn('alice', 'a wrong secret');
    await visitor.postForm('/sign-in', { account: 'alice', password: 'another secret' });
    await visitor.post('/sign-in', { account: 'alice', password: ['a third secret'] });
    const alice = await Visitor.signedIn(url, 'alice');
    await alice.get('/api/topics');
    await alice.get('/api/topics/nothing/messages');
    const [, token] = alice.cookie.split('=');
    await alice.post('/sign-out');
    const log = JSON.stringify(lines);
    expect(log).toContain('a sign-in was refused');
    expect(log).toContain('signed in');
    for (const secret of ['secret', PASSWORD, token!, '$scrypt']) expect(log).not.toContain(secret);
  });
});

describe('a session', () => {
  it('ends when it is signed out, also for who has kept its cookie', async () => {
    const { url } = await start();
    const visitor = await Visitor.signedIn(url, 'alice');
    const { cookie } = visitor;
    const response = await visitor.postForm('/sign-out', {});
    expect([response.status, response.headers.get('location')]).toEqual([303, 'sign-in']);
    expect(visitor.cookie).toBe('');
    visitor.cookie = cookie;
    expect((await visitor.get('/api/topics')).status).toBe(401);
  });

  it('is not ended by another site', async () => {
    const { url } = await start();
    const visitor = await Visitor.signedIn(url, 'alice');
    expect((await visitor.postForm('/sign-out', {}, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await visitor.get('/api/topics')).status).toBe(200);
  });

  it('goes on at a replica with the same keys, and ends with them', async () => {
    const { url, files } = await start();
    const visitor = await Visitor.signedIn(url, 'alice');
    const other = await startConsumer(await openLog(TOPIC), files.env);
    const there = new Visitor(other.url);
    there.cookie = visitor.cookie;
    expect((await there.get('/api/topics')).status).toBe(200);
    const elsewhere = await start();
    const stranger = new Visitor(elsewhere.url);
    stranger.cookie = visitor.cookie;
    expect((await stranger.get('/api/topics')).status).toBe(401);
  });
});

describe('a page in the clear', () => {
  it('is sent to https on the same port', async () => {
    const { url } = await start();
    const plain = new URL('/api/topics?x=1', url.replace('https', 'http'));
    const sent = request(plain).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await text(response);
    expect([response.statusCode, response.headers.location]).toEqual([308, `${url}/api/topics?x=1`]);
  });

  it('is promised to nobody on localhost, and earlier promises are taken back, whatever is asked for', async () => {
    const { visitor } = await start();
    const asset = /assets\/style-\w+\.css/.exec(await (await visitor.get('/sign-in')).text())![0];
    const answers = [
      await visitor.get('/'),
      await visitor.get('/sign-in'),
      await visitor.get('/api/topics'),
      await visitor.get('/nothing'),
      await visitor.get(`/${asset}`),
      await visitor.postForm('/sign-in', { account: 'alice', password: 'wrong' }),
      await visitor.postForm('/sign-in', { account: 'alice', password: PASSWORD }),
      await visitor.get('/'),
      await visitor.post('/sign-out'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([302, 200, 401, 404, 200, 401, 303, 200, 204]);
    for (const { headers } of answers) expect(headers.get('strict-transport-security')).toBe('max-age=0');
    expect(await title(await visitor.get('/sign-in'))).toBe('Sign in to see the messages');
    // What Socket.IO answers is no page, and promises nothing either.
    const { status, headers } = await visitor.get('/socket.io/?EIO=4&transport=polling');
    expect([status, headers.get('strict-transport-security')]).toEqual([400, null]);
  });
});

describe('files that are wrong', () => {
  it.each([
    [
      'ACCOUNTS_FILE',
      'accounts.json',
      '{"users":[{"name":"alice","password":"hunter2","topics":[]}]}',
      /users\.0\.password/,
    ],
    [
      'SESSION_KEYS_FILE',
      'keys.json',
      '{"keys":[{"kty":"oct","kid":"1","k":"c2hvcnQ"}]}',
      /keys\.0\.k: expected 32 bytes/,
    ],
    ['TLS_CERT and TLS_KEY', 'tls.key', 'no key', /tls\.crt and .*tls\.key/],
  ])('stop the start, with %s in the message and no secret', async (setting, file, content, reason) => {
    const files = await SecuredFiles.create({ alice: [TOPIC] });
    writeFileSync(`${files.folder}/${file}`, content);
    const starting = startConsumer(await openLog(TOPIC), files.env);
    await expect(starting).rejects.toThrow(setting);
    await expect(starting).rejects.toThrow(reason);
    await expect(starting).rejects.not.toThrow('hunter2');
    expect(readFileSync(`${files.folder}/${file}`, 'utf8')).toBe(content);
  });
});
