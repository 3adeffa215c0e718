import { once } from 'node:events';
import { type EmbeddedLog, encodeBroadcast, type LogBatch, type LogRecord } from '@hello/broadcasts';
import { Adapter } from 'socket.io-adapter';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { seededRandom } from '../../../producer/testing/seeded-random.ts';
import { Client } from '../../testing/client.ts';
import { openLog, SETTINGS, startConsumer, untilSent, withTopic } from '../../testing/consumer.ts';
import { record as recordAt } from '../../testing/record.ts';
import { type Filter, matches } from '../history/filter.ts';

const TOPIC = 'hello-world';

const upTo = (last: number, first = 0): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

async function say(log: EmbeddedLog, texts: string[], { topic = TOPIC, key = 'test' } = {}): Promise<void> {
  for (const [index, text] of texts.entries()) {
    const broadcast = { text, environment: 'test', sequence: index + 1, sentAt: Date.now(), nextInMs: 1 };
    await log.topic(topic).append({ key, value: encodeBroadcast(broadcast) });
  }
}

/** A client that is live, or waits to be. */
async function watch(url: string, filter: Filter, auth: object = {}): Promise<Client> {
  const client = new Client(url, { ...filter, ...auth });
  await client.until(({ catchUps, refusal }) => catchUps.length > 0 || refusal !== undefined);
  expect(client.refusal).toBeUndefined();
  return client;
}

const texts = ({ messages }: Client): string[] => messages.map(({ text }) => text);

describe('a client with a filter', () => {
  it('gets only what it asks for, from now on, and where the history of that begins', async () => {
    const log = await openLog(TOPIC);
    await say(log, ['an apple', 'a pear']);
    const { url } = await startConsumer(log);
    const client = await watch(url, { contains: 'APPLE' });
    expect(client.catchUps).toEqual([
      {
        topic: TOPIC,
        messages: [],
        recovered: false,
        older: expect.any(String),
        positions: { 0: { next: 2, timestamp: expect.any(Number) } },
        total: 2,
        partitions: 1,
      },
    ]);
    const { older } = client.catchUps[0]!;
    // On a busy machine an answer may end before it comes to anything.
    const before = async () => {
      const page = await (await fetch(`${url}/api/topics/${TOPIC}/messages?before=${older}&contains=apple`)).json();
      return page.messages.map(({ text }: { text: string }) => text);
    };
    await expect.poll(before).toEqual(['an apple']);
    await say(log, ['a plum', 'two Apples', 'a fig']);
    await say(log, ['apple pie'], { key: 'cook' });
    await client.until(({ messages }) => messages.length === 2);
    expect(texts(client)).toEqual(['two Apples', 'apple pie']);
  });

  it('has words, a key, or both; none is everything', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const filters: Filter[] = [{ contains: 'a' }, { key: 'k' }, { contains: 'a', key: 'k' }, { contains: '', key: '' }];
    const clients: Client[] = [];
    for (const filter of filters) clients.push(await watch(url, filter));
    await say(log, ['ab', 'b', 'A']);
    await say(log, ['ab', 'b'], { key: 'k' });
    await say(log, ['a'], { key: 'K' });
    await say(log, ['a end'], { key: 'k' });
    await Promise.all(clients.map((client) => client.until(() => texts(client).includes('a end'))));
    expect(clients.map(({ offsets }) => offsets)).toEqual([[0, 2, 3, 5, 6], [3, 4, 6], [3, 6], upTo(6)]);
  });

  it.each([
    [{ contains: 7 }, 'auth.contains: expected a text, once'],
    [{ key: ['a'] }, 'auth.key: expected a text, once'],
    [{ contains: 'x'.repeat(201) }, 'auth.contains: expected at most 200 characters'],
  ])('that is none is refused: %j', async (auth, words) => {
    const { url } = await startConsumer(await openLog(TOPIC));
    const client = new Client(url, auth);
    await client.until(({ refusal }) => refusal !== undefined);
    expect(client.refusal!.message).toContain(words);
    expect(client.refusal!.data).toEqual({ status: 400 });
  });

  it('is refused when it would be the 201st; not when it watches the same as another one, or one has left', async () => {
    const { url } = await startConsumer(await openLog(TOPIC));
    const clients = upTo(199).map((number) => new Client(url, { contains: `word ${number}` }));
    await Promise.all(clients.map((client) => client.until(({ catchUps }) => catchUps.length === 1)));
    const oneTooMany = new Client(url, { contains: 'another word' });
    await oneTooMany.until(({ refusal }) => refusal !== undefined);
    expect(oneTooMany.refusal!.data).toEqual({ status: 429 });
    expect(oneTooMany.refusal!.message).toContain('200 different filters');
    await watch(url, { contains: 'Word 7' });
    await watch(url, {});
    clients[0]!.socket.close();
    const another = new Client(url, { contains: 'another word' });
    another.socket.on('connect_error', () => void another.socket.connect());
    await another.until(({ catchUps }) => catchUps.length === 1);
  });

  it('is told how far it is when much passes that is not for it, so that it comes back from there', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const client = await watch(url, { contains: 'needle' });
    const batches: { length: number; next: number }[] = [];
    client.socket.on('messages', ({ messages, positions }) =>
      batches.push({ length: messages.length, next: positions!['0']!.next }),
    );
    await say(log, Array<string>(600).fill('hay'));
    await vi.waitUntil(() => batches.length === 1, { timeout: 10_000 });
    expect(batches[0]!.length).toBe(0);
    expect(batches[0]!.next).toBeGreaterThanOrEqual(500);
    await say(log, ['needle']);
    await client.until(({ messages }) => messages.length === 1);
    expect(batches[1]).toEqual({ length: 1, next: 601 });
  });

  it('is one of many for whom a batch is encoded once, also for those with other filters who get the same', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const encode = vi.spyOn(Adapter.prototype as unknown as { _encode(packet: { data: unknown[] }): void }, '_encode');
    onTestFinished(() => encode.mockRestore());
    const clients: Client[] = [];
    for (const contains of ['Hello', 'hello', 'HELLO', 'world', 'nothing'])
      clients.push(await watch(url, { contains }));
    await say(log, ['Hello world']);
    await Promise.all(clients.slice(0, 4).map((client) => client.until(({ messages }) => messages.length === 1)));
    expect(encode.mock.calls.filter(([{ data }]) => data[0] === 'messages')).toHaveLength(1);
  });

  it('starts over with a topic that is created anew', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const client = await watch(url, { contains: 'a' });
    await say(log, ['a', 'b']);
    await client.until(({ messages }) => messages.length === 1);
    log.deleteTopic(TOPIC);
    await log.topic(TOPIC).ensure(SETTINGS);
    // Fewer than before: another record at the same offset in the same millisecond would pass for the one that was
    // there.
    await say(log, ['ab']);
    await client.until(({ restarts, messages }) => restarts === 1 && messages.length === 1);
    expect(client.offsets).toEqual([0]);
  });

  it('is told of a gap, and gets what is for it after that', async () => {
    const batchOf = (list: [offset: number, text: string][], low = 0): LogBatch => {
      const records = list.map(([offset, text]) => recordAt(offset, { text }) as LogRecord);
      const next = records.at(-1)!.offset + 1;
      return { records, progress: [{ partition: 0, low, high: next, next }], restarted: false };
    };
    const reading = Promise.withResolvers<void>();
    const log = withTopic(await openLog(TOPIC), () => ({
      listOffsets: async () => [{ partition: 0, low: 0, high: 0 }],
      async *read({ signal }) {
        await reading.promise;
        yield batchOf([
          [0, 'a'],
          [1, 'b'],
        ]);
        yield batchOf(
          [
            [5, 'b'],
            [6, 'a'],
          ],
          5,
        );
        yield batchOf([[7, 'a']]);
        await once(signal, 'abort');
      },
    }));
    const { url } = await startConsumer(log);
    const client = await watch(url, { contains: 'a' });
    reading.resolve();
    await client.until(({ messages }) => messages.length === 3);
    expect(client.offsets).toEqual([0, 6, 7]);
    expect(client.catchUps.map(({ recovered, positions }) => [recovered, positions['0']?.next])).toEqual([
      [false, undefined],
      [false, 7],
    ]);
  });
});

describe('a client with a filter that comes back', () => {
  it('gets what it missed of it, though much more passed than others may miss', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const client = await watch(url, { contains: 'needle' });
    client.socket.disconnect();
    await say(log, ['needle', ...Array<string>(1_500).fill('hay'), 'needle', ...Array<string>(800).fill('hay')]);
    await untilSent(url, 2_301);
    client.socket.connect();
    await client.until(({ catchUps }) => catchUps.at(-1)!.positions['0']?.next === 2_302);
    expect(client.offsets).toEqual([0, 1_501]);
    expect(client.catchUps.slice(1).every(({ recovered }) => recovered)).toBe(true);
    await say(log, ['needle']);
    await client.until(({ messages }) => messages.length === 3);
  });

  it('and reads slowly gets all that is for it, and nothing else', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const [slow, quick] = [await watch(url, { contains: 'needle' }), await watch(url, {})];
    const { ws } = slow.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } };
    ws._socket.pause();
    for (let sent = 1; sent <= 200; sent += 1) {
      await say(log, [`${sent % 2 === 0 ? 'needle' : 'hay'} ${'x'.repeat(60_000)}`]);
      await quick.until(({ messages }) => messages.length === sent);
    }
    ws._socket.resume();
    await slow.until(({ messages }) => messages.length >= 100);
    await say(log, ['hay', 'needle']);
    await slow.until(({ messages }) => messages.length > 100);
    expect(slow.offsets).toEqual([...upTo(199).filter((offset) => offset % 2 === 1), 201]);
    expect(slow.catchUps.length).toBeGreaterThan(5);
    expect(slow.catchUps.slice(1).every(({ recovered }) => recovered)).toBe(true);
  });
});

it('every client gets exactly what its filter asks for, once and in order, over cuts at random moments and two replicas', async () => {
  const random = seededRandom(11);
  const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)]!;
  const words = ['apple', 'Pear', 'PLUM', 'fig', 'é', 'K'];
  const keys = ['a', 'b'];
  const log = await openLog(TOPIC);
  const urls = [(await startConsumer(log)).url, (await startConsumer(log)).url];
  const watching: { client: Client; filter: Filter }[] = [];
  for (let count = 0; count < 24; count += 1) {
    const filter: Filter =
      count % 3 > 0 ? { contains: pick(words)[pick(['toUpperCase', 'toLowerCase'] as const)]() } : {};
    if (count % 3 < 2) filter.key = pick(keys);
    watching.push({ filter, client: await watch(pick(urls), filter) });
  }
  const said: { text: string; key: string }[] = [];
  for (let round = 0; round < 150; round += 1) {
    const key = pick(keys);
    const list = Array.from({ length: 20 }, () => (random() < 0.7 ? 'hay' : `${pick(words)} ${pick(words)}`));
    await say(log, list, { key });
    said.push(...list.map((text) => ({ text, key })));
    const { client } = pick(watching);
    if (client.socket.connected) client.drop(pick(urls));
    if (round % 10 === 0) await new Promise(setImmediate);
  }
  // Which everyone gets.
  for (const key of keys) {
    await say(log, [words.join(' ')], { key });
    said.push({ text: words.join(' '), key });
  }
  for (const { client, filter } of watching) {
    const expected = said.flatMap((each, offset) => (matches(filter, each) ? [offset] : []));
    await client.until(({ offsets }) => offsets.at(-1)! >= expected.at(-1)!);
    expect(client.offsets).toEqual(expected);
    expect(client.catchUps.slice(1).every(({ recovered }) => recovered)).toBe(true);
  }
  expect(Math.max(...watching.map(({ client }) => client.catchUps.length))).toBeGreaterThan(3);
}, 30_000);
