import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Client } from '../../testing/client.ts';
import { append, openLog, startConsumer } from '../../testing/consumer.ts';
import { newKey, SecuredFiles } from '../../testing/secured.ts';
import { trust, Visitor } from '../../testing/visitor.ts';
import { Accounts } from './accounts.ts';
import { parseSessionKeys } from './session-keys.ts';
import { Sessions } from './sessions.ts';

const A = 'topic-a';
const B = 'topic-b';
const UNKNOWN = 'topic-c';

/** Who asks, and the topics that they may see; undefined for who has to sign in first. */
const VIEWERS: Record<string, string[] | undefined> = {
  nobody: undefined,
  'alice (a, b)': [A, B],
  'bob (a)': [A],
  'carol (none)': [],
  removed: undefined,
  'signed out': undefined,
  expired: undefined,
  forged: undefined,
};

/** Each way in: what it answers with to somebody for a topic, as in HTTP. */
type Way = (visitor: Visitor, topic: string) => Promise<number>;

const connect = async (visitor: Visitor, auth: object, resumes = false): Promise<number> => {
  const client = new Client(visitor.url, auth, visitor.cookie ? { cookie: visitor.cookie } : {});
  await client.until(({ refusal, catchUps }) => refusal !== undefined || catchUps.length > 0);
  const [catchUp] = client.catchUps;
  client.socket.close();
  if (!catchUp) return client.refusal!.data!.status;
  expect(catchUp.messages.length).toBeGreaterThan(0);
  expect(catchUp.recovered).toBe(resumes);
  return 200;
};

const get = async (visitor: Visitor, path: string): Promise<number> => {
  const response = await visitor.get(path);
  const body = await response.text();
  // Whatever is refused is refused without a word of it.
  if (!response.ok) expect(body).not.toContain('Hello world');
  return response.status;
};

/** Where somebody stood who saw the first message of a topic, and the cursor before its newest. */
const places: Record<string, { position: { next: number; timestamp: number }; cursor: string }> = {};

const messages = (topic: string, query = '') => `/api/topics/${topic}/messages${query}`;

const WAYS: Record<string, Way> = {
  page: (visitor, topic) => get(visitor, `/?topic=${topic}`),
  list: async (visitor, topic) => {
    const response = await visitor.get('/api/topics');
    if (!response.ok) return response.status;
    const { topics } = (await response.json()) as { topics: { topic: string }[] };
    return topics.some((each) => each.topic === topic) ? 200 : 404;
  },
  history: (visitor, topic) => get(visitor, messages(topic)),
  older: (visitor, topic) => get(visitor, messages(topic, `?before=${places[topic]?.cursor ?? 'none'}`)),
  csv: (visitor, topic) => get(visitor, messages(topic, '?format=csv')),
  details: (visitor, topic) => get(visitor, messages(topic, '/0/0')),
  value: (visitor, topic) => get(visitor, messages(topic, '/0/0/value')),
  ndjson: (visitor, topic) => get(visitor, messages(topic, '?format=ndjson')),
  join: (visitor, topic) => connect(visitor, { topic }),
  resume: (visitor, topic) =>
    connect(visitor, { topic, positions: { 0: places[topic]?.position ?? { next: 1, timestamp: 1 } } }, true),
  filter: (visitor, topic) => {
    const positions = { 0: places[topic]?.position ?? { next: 1, timestamp: 1 } };
    return connect(visitor, { topic, positions, contains: 'HELLO' }, true);
  },
  histogram: (visitor, topic) => get(visitor, `/api/topics/${topic}/histogram`),
};

/** Those that say it when an account may see no topic at all. */
const LIVE = new Set(['join', 'resume', 'filter']);

function expected(way: string, granted: string[] | undefined, topic: string): number {
  // The page is the same for everyone who is signed in; what it shows comes by the other ways.
  if (way === 'page') return granted ? 200 : 302;
  if (!granted) return 401;
  if (granted.includes(topic)) return 200;
  return granted.length === 0 && LIVE.has(way) ? 403 : 404;
}

/** A cookie as somebody makes it who has read this code. */
async function makeCookie(key: object, idleMs: number, credential: string): Promise<string> {
  const keys = parseSessionKeys(JSON.stringify({ keys: [key] }));
  const sessions = new Sessions({ environment: 'local', keys: () => keys, idleMs, maxMs: 3_600_000 });
  return (await sessions.start({ name: 'alice', topics: [A, B], credential })).split(';')[0]!;
}

it('shows each topic to those who may see it, by every way in', async () => {
  const files = await SecuredFiles.create({ alice: [A, B], bob: [A], carol: [], mallory: [A, B] });
  const key = newKey();
  files.writeKeys([key]);
  trust(files.env.TLS_CERT);
  const log = await openLog(A, B);
  for (const topic of [A, B]) await append(log, topic, 1, 3);
  const { url } = await startConsumer(log, { TOPICS: `${A},${B}`, ...files.env, CONNECTIONS_PER_ACCOUNT: '1000' });

  const visitors = Object.fromEntries(Object.keys(VIEWERS).map((name) => [name, new Visitor(url)]));
  const accounts = { 'alice (a, b)': 'alice', 'bob (a)': 'bob', 'carol (none)': 'carol', removed: 'mallory' };
  for (const [name, account] of Object.entries(accounts)) visitors[name] = await Visitor.signedIn(url, account);
  const { credential } = new Accounts(files.env.ACCOUNTS_FILE, pino({ level: 'silent' })).find('alice')!;
  const leaver = await Visitor.signedIn(url, 'alice');
  visitors['signed out']!.cookie = leaver.cookie;
  await leaver.post('/sign-out');
  visitors['expired']!.cookie = await makeCookie(key, -1000, credential);
  visitors['forged']!.cookie = await makeCookie({ ...newKey(), kid: key.kid }, 60_000, credential);
  // The same by the right key is good: it is the key and the time that the two above lack.
  const right = new Visitor(url);
  right.cookie = await makeCookie(key, 60_000, credential);
  expect((await right.get('/api/topics')).status).toBe(200);
  await files.writeUsers({ alice: [A, B], bob: [A], carol: [] });
  await expect.poll(() => get(visitors['removed']!, '/api/topics')).toBe(401);

  for (const topic of [A, B]) {
    const page = await right.get(messages(topic, '?limit=1'));
    const { next } = (await page.json()) as { next: string };
    const all = (await (await right.get(messages(topic))).json()) as { messages: { timestamp: number }[] };
    places[topic] = { position: { next: 1, timestamp: all.messages.at(-1)!.timestamp }, cursor: next };
  }
  const rows: Record<string, Record<string, number>> = {};
  const wanted: typeof rows = {};
  for (const [viewer, granted] of Object.entries(VIEWERS)) {
    for (const topic of [A, B, UNKNOWN]) {
      const name = `${viewer} × ${topic}`;
      rows[name] = {};
      wanted[name] = {};
      for (const [way, ask] of Object.entries(WAYS)) {
        rows[name][way] = await ask(visitors[viewer]!, topic);
        wanted[name][way] = expected(way, granted, topic);
      }
    }
  }
  console.table(rows);
  expect(rows).toEqual(wanted);
});
