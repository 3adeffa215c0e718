import { once } from 'node:events';
import { get } from 'node:http';
import { broadcastFields } from '@hello/broadcasts';
import { describe, expect, it, vi } from 'vitest';
import { append, openLog, startConsumer } from '../../testing/consumer.ts';
import type { Message } from '../history/message.ts';

const TOPIC = 'hello-world';
const PATH = `/api/topics/${TOPIC}/messages`;

async function start(count: number, env: Record<string, string> = {}) {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, count);
  const { url, consumer } = await startConsumer(log, env);
  await expect.poll(() => consumer.notReady()).toBeUndefined();
  const json = async (path: string) => (await fetch(url + path)).json();
  return { log, url, json };
}

describe('the messages of a topic', () => {
  it('come newest first, in the shape that is promised', async () => {
    const { url } = await start(3);
    const response = await fetch(url + PATH);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { messages, next } = await response.json();
    expect(next).toBeNull();
    expect(messages.map(({ offset }: Message) => offset)).toEqual([2, 1, 0]);
    const before = ['topic', 'partition', 'offset', 'timestamp', 'key'];
    expect(Object.keys(messages[0])).toEqual([...before, ...broadcastFields]);
    expect(messages[0]).toMatchObject({
      topic: TOPIC,
      partition: 0,
      key: 'test',
      text: 'Hello world',
      sequence: 3,
      nextInMs: 1000.5,
    });
  });

  it('are 50 on a page unless it is said otherwise', async () => {
    const { json } = await start(60);
    expect((await json(PATH)).messages).toHaveLength(50);
    expect((await json(`${PATH}?limit=55`)).messages).toHaveLength(55);
  });

  it('come each once when the pages are walked while new ones come in', async () => {
    const { log, json } = await start(100);
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const { messages, next } = await json(`${PATH}?limit=9${cursor ? `&before=${cursor}` : ''}`);
      seen.push(...messages.map(({ offset }: Message) => offset));
      cursor = next;
      await append(log, TOPIC, 1000, 1002);
    } while (cursor);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => 99 - index));
  });

  it('can be followed forward from a place', async () => {
    const { json } = await start(30);
    const { next } = await json(`${PATH}?limit=20`);
    const page = await json(`${PATH}?after=${next}&limit=5`);
    expect(page.messages.map(({ offset }: Message) => offset)).toEqual([15, 14, 13, 12, 11]);
    const rest = await json(`${PATH}?after=${page.next}&limit=500`);
    expect(rest.messages).toHaveLength(14);
  });

  it('of other programs are messages, and those of which nothing can be told are logged once for each kind', async () => {
    const log = await openLog(TOPIC);
    const { url, consumer, lines } = await startConsumer(log);
    await expect.poll(() => consumer.notReady()).toBeUndefined();
    const values = ['', '\xff', '\xfe', '{', '{"version":2}'].map((value) => Buffer.from(value, 'latin1'));
    for (const value of values) {
      await log.topic(TOPIC).append({ key: 'test', value });
    }
    await append(log, TOPIC, 1, 1);
    await vi.waitUntil(async () =>
      (await (await fetch(`${url}/metrics`)).text()).includes('history_messages{topic="hello-world"} 6'),
    );
    const { messages } = await (await fetch(url + PATH)).json();
    expect(messages.map(({ text }: Message) => text)).toEqual(['Hello world', '{"version":2}', '{', '', '', '']);
    expect(messages[1]).toMatchObject({ sequence: null, sentAt: null });
    expect(messages[1]).not.toHaveProperty('unreadable');
    expect(messages[4]).toMatchObject({ sequence: null, unreadable: 'the value is not text in UTF-8' });
    expect(messages[5]).toMatchObject({ sequence: null, unreadable: 'the record has no value' });
    const logged = lines.filter(({ msg }) => msg.startsWith('unreadable record'));
    expect(logged.map(({ kind }) => kind)).toEqual(['empty', 'not-text']);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain(`records_unreadable_total{topic="${TOPIC}",kind="not-text"} 2`);
  });
});

describe('messages that are looked for', () => {
  async function startWith(...texts: string[]) {
    const log = await openLog(TOPIC);
    for (const [index, text] of texts.entries())
      await log.topic(TOPIC).append({ key: `key ${index % 2}`, value: Buffer.from(text) });
    const { url, consumer } = await startConsumer(log);
    await expect.poll(() => consumer.notReady()).toBeUndefined();
    const ask = async (query: string) => (await fetch(`${url}${PATH}?${query}`)).json();
    /** All of them, since a page may end before there is one, on a machine that is busy. */
    const textsOf = async (query: string): Promise<string[]> => {
      const { messages, next } = await ask(query);
      const found = messages.map(({ text }: Message) => text);
      return next === null ? found : [...found, ...(await textsOf(`${query}&before=${next}`))];
    };
    return { url, ask, textsOf };
  }

  it('are those with the words, in upper or lower case, and with the key', async () => {
    const { ask, textsOf } = await startWith('Größe 5 % & more', 'größe 6', 'GRÖSSE', 'other');
    expect(await textsOf('contains=GR%C3%96%C3%9FE')).toEqual(['größe 6', 'Größe 5 % & more']);
    expect(await textsOf('contains=5+%25+%26')).toEqual(['Größe 5 % & more']);
    expect(await textsOf('key=key+1')).toEqual(['other', 'größe 6']);
    expect(await textsOf('key=key+1&contains=e')).toEqual(['other', 'größe 6']);
    expect(await textsOf('key=key+1&contains=6')).toEqual(['größe 6']);
    expect(await textsOf('contains=nowhere')).toEqual([]);
    expect((await ask('contains=nowhere')).searched).toEqual({ messages: expect.any(Number), to: expect.any(Number) });
    expect(await ask('contains=')).not.toHaveProperty('searched');
  });

  it('are downloaded as they are shown', async () => {
    const { url } = await startWith('one', 'two', 'Oner');
    const lines = (await (await fetch(`${url}${PATH}?contains=ONE&format=ndjson`)).text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).text)).toEqual(['Oner', 'one']);
    const csv = await (await fetch(`${url}${PATH}?contains=nowhere&format=csv`)).text();
    expect(csv.trimEnd().split('\n')).toHaveLength(1);
  });

  it('are around a time or a place', async () => {
    const { ask, textsOf } = await startWith('one', 'two', 'three');
    expect(await textsOf('offset=0/1')).toEqual(['three', 'two', 'one']);
    const [newest] = (await ask('limit=1')).messages;
    const { messages } = await ask(`at=${new Date(newest.timestamp).toISOString()}&limit=1`);
    expect(messages).toEqual([newest]);
    expect((await ask('offset=0/9')).target).toEqual({ partition: 0, offset: 9, state: 'ahead', timestamp: null });
    expect(await textsOf('to=2000-01-01')).toEqual([]);
    expect(await textsOf('from=2000-01-01')).toHaveLength(3);
  });
});

describe('the histogram of a topic', () => {
  const histogramOf = `/api/topics/${TOPIC}/histogram`;

  it('is that of all of it, or of the time that is asked for', async () => {
    const { json } = await start(30);
    const all = await json(histogramOf);
    expect(Object.keys(all)).toEqual(['from', 'to', 'bucketMs', 'counts', 'before', 'after', 'since']);
    expect(all).toMatchObject({ bucketMs: 1_000, before: 0, after: 0, since: null });
    const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
    expect(total(all.counts)).toBe(30);
    const [{ timestamp }] = (await json(`${PATH}?limit=1`)).messages;
    const hour = await json(
      `${histogramOf}?from=${timestamp - 3_600_000}&to=${new Date(timestamp + 1).toISOString()}&buckets=10`,
    );
    expect(hour).toMatchObject({ bucketMs: 600_000, before: 0, after: 0 });
    expect(total(hour.counts)).toBe(30);
    expect(await json(`${histogramOf}?from=2020-01-01&to=2020-01-02`)).toMatchObject({ before: 0, after: 30 });
  });

  it.each([
    ['buckets=0', 'buckets: expected a whole number from 1 to 500'],
    ['buckets=501', 'buckets: expected a whole number from 1 to 500'],
    ['buckets=1e2', 'buckets: expected a whole number from 1 to 500'],
    ['buckets=1&buckets=2', 'buckets: expected once'],
    ['from=yesterday', 'from: expected a time'],
    ['to=-1', 'to: expected a time'],
    ['from=2026-01-02&to=2026-01-01', 'to: expected a time after from'],
    ['from=5&to=5', 'to: expected a time after from'],
    ['to=0', 'to: expected a time after from'],
    ['limit=5', 'limit: there is no such parameter; there is from, to, buckets'],
  ])('for ?%s is answered with what is wrong', async (query, detail) => {
    const { url } = await start(1);
    const response = await fetch(`${url}${histogramOf}?${query}`);
    expect(response.status).toBe(400);
    expect((await response.json()).detail).toContain(detail);
  });

  it('for a topic that is not there names those that are', async () => {
    const { url } = await start(0);
    const response = await fetch(`${url}/api/topics/nope/histogram`);
    expect([response.status, (await response.json()).detail]).toEqual([
      404,
      'there is no topic nope here; there is hello-world',
    ]);
  });
});

describe('a bad request', () => {
  it.each([
    ['limit=-1', 'limit: expected a whole number from 1'],
    ['limit=0', 'limit: expected a whole number from 1'],
    ['limit=abc', 'limit: expected a whole number from 1'],
    ['limit=1.5', 'limit: expected a whole number from 1'],
    ['limit=', 'limit: expected a whole number from 1'],
    ['limit=99999999999999999999', 'limit: expected a whole number from 1 to 999999999'],
    ['limit=501', 'limit: a page has at most 500 messages'],
    ['limit=1&limit=2', 'limit: '],
    ['before=abc', 'before: the cursor "abc" is not one'],
    ['after=%00', 'after: the cursor '],
    ['before=', 'before: the cursor "" is not one'],
    ['format=xml', 'format: '],
    ['page=2', 'page: there is no such parameter; there is contains, key, before'],
    ['at=tomorrow', 'at: expected a time'],
    ['offset=0', 'offset: expected a partition and an offset, such as 0/42'],
    ['at=1&offset=0/1', 'at: cannot be combined with offset'],
    ['at=1&format=csv', 'at: is for pages'],
    ['contains=a&contains=b', 'contains: expected a text, once'],
  ])('?%s is answered with what is wrong', async (query, detail) => {
    const { url } = await start(1);
    const response = await fetch(`${url}${PATH}?${query}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = await response.json();
    expect(problem).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 });
    expect(problem.detail).toContain(detail);
  });

  it('for a topic that is not there names those that are', async () => {
    const { url } = await start(1);
    const response = await fetch(`${url}/api/topics/nope/messages`);
    expect(response.status).toBe(404);
    expect((await response.json()).detail).toBe('there is no topic nope here; there is hello-world');
  });

  it.each(['/api', '/api/', '/api/topic', '/api/topics/hello-world', `${PATH}/0`])(
    'at %s, where nothing is, is told what there is',
    async (path) => {
      const { url } = await start(1);
      const response = await fetch(url + path);
      expect(response.status).toBe(404);
      expect((await response.json()).detail).toBe(
        `nothing is at ${path}; topics are at api/topics, messages at api/topics/TOPIC/messages`,
      );
    },
  );

  it('with another method is refused', async () => {
    const { url } = await start(1);
    expect((await fetch(url + PATH, { method: 'POST' })).status).toBe(405);
  });
});

describe('a download', () => {
  it.each([
    ['?format=ndjson', {}],
    ['', { accept: 'application/x-ndjson' }],
  ])('is NDJSON when asked for by %j %j', async (query, headers) => {
    const { url, json } = await start(1_200);
    const response = await fetch(url + PATH + query, { headers });
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="hello-world.ndjson"');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(1_200);
    expect(JSON.parse(lines[0]!)).toEqual((await json(`${PATH}?limit=1`)).messages[0]);
  });

  it.each([
    ['?format=csv', {}],
    ['', { accept: 'text/csv' }],
  ])('is CSV when asked for by %j %j', async (query, headers) => {
    const { url } = await start(600);
    const response = await fetch(url + PATH + query, { headers });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines[0]).toBe(`topic,partition,offset,timestamp,key,${broadcastFields.join(',')},headers,unreadable`);
    expect(lines).toHaveLength(601);
    expect(lines[1]).toMatch(/^hello-world,0,599,\d+,test,Hello world,test,600,\d+,1000\.5,/);
  });

  it('has as many messages as asked for, within the bounds', async () => {
    const { url, json } = await start(1_000);
    const { next } = await json(`${PATH}?limit=100`);
    const lines = async (query: string) =>
      (await (await fetch(`${url}${PATH}?format=ndjson&${query}`)).text()).split('\n').length - 1;
    for (const limit of [1, 99, 100, 101, 700, 1_000]) expect(await lines(`limit=${limit}`)).toBe(limit);
    expect(await lines('limit=1001')).toBe(1_000);
    expect(await lines(`before=${next}`)).toBe(900);
    expect(await lines(`after=${next}`)).toBe(99);
  });

  it('of nothing has a header only', async () => {
    const { url } = await start(0);
    expect((await (await fetch(`${url}${PATH}?format=csv`)).text()).split('\n')).toHaveLength(2);
    expect(await (await fetch(`${url}${PATH}?format=ndjson`)).text()).toBe('');
  });

  it('gives a spreadsheet nothing to run', async () => {
    const log = await openLog(TOPIC);
    const broadcast = {
      version: 1,
      text: '=HYPERLINK("http://x")',
      environment: '@e',
      sequence: 1,
      sentAt: 1,
      nextInMs: 1,
    };
    await log.topic(TOPIC).append({ key: 'test', value: Buffer.from(JSON.stringify(broadcast)) });
    const { url, consumer } = await startConsumer(log);
    await expect.poll(() => consumer.notReady()).toBeUndefined();
    const [, row] = (await (await fetch(`${url}${PATH}?format=csv`)).text()).split('\n');
    expect(row).toContain(`"'=HYPERLINK(""http://x"")",'@e,1`);
  });

  it('that nobody waits for any more ends, and harms nobody', async () => {
    const { url } = await start(5_000);
    const request = get(`${url}${PATH}?format=ndjson`);
    const [response] = await once(request, 'response');
    await once(response, 'readable');
    request.destroy();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

it('does not stay open for a download that nobody reads', async () => {
  const log = await openLog(TOPIC);
  const text = 'x'.repeat(100_000);
  for (let sequence = 1; sequence <= 200; sequence += 1) {
    const broadcast = { version: 1, text, environment: 'test', sequence, sentAt: 1, nextInMs: 1 };
    await log.topic(TOPIC).append({ key: 'test', value: Buffer.from(JSON.stringify(broadcast)) });
  }
  const running = await startConsumer(log);
  await expect.poll(() => running.consumer.notReady()).toBeUndefined();
  const request = get(`${running.url}${PATH}?format=ndjson`);
  request.on('error', () => {});
  const [response] = await once(request, 'response');
  response.on('error', () => {});
  await running.close();
  expect(response.complete).toBe(false);
});

describe('the page', () => {
  it('has what the consumer says of itself, as text', async () => {
    const { url, json } = await start(2, { BANNER: '<script>alert(1)</script> $& "x"', ENVIRONMENT: 'a&b' });
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const html = await response.text();
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; $&amp; &quot;x&quot;');
    expect(html).toContain('a&amp;b');
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('{{');
    // The history may answer before the connection says them.
    expect(html).toContain(`data-fields="${broadcastFields.join(' ')}"`);
    const [newest, oldest] = (await json(PATH)).messages.map(({ timestamp }: Message) => timestamp);
    expect(await json('/api/topics')).toEqual({
      environment: 'a&b',
      banner: '<script>alert(1)</script> $& "x"',
      account: null,
      fields: broadcastFields,
      retentionMs: 604_800_000,
      topics: [{ topic: TOPIC, messages: 2, partitions: 1, oldest, newest }],
    });
  });

  it('refers to assets by names that change with their content, to be kept for ever', async () => {
    const { url } = await start(0);
    const html = await (await fetch(url)).text();
    const names = [...html.matchAll(/assets\/((?:main|style)-[A-Z0-9]{8}\.(?:js|css))/g)].map(([path]) => path);
    expect(names).toHaveLength(2);
    for (const name of names) {
      const response = await fetch(`${url}/${name}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('content-type')).toMatch(name.endsWith('js') ? /javascript/ : /css/);
    }
    expect((await fetch(`${url}/assets/nope.js`)).status).toBe(404);
    expect((await fetch(`${url}/assets/index.html`)).status).toBe(404);
  });
});
