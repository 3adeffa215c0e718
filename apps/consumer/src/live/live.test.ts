import { broadcastFields } from '@hello/broadcasts';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../producer/testing/seeded-random.ts';
import { Client } from '../../testing/client.ts';
import { append, gated, openLog, SETTINGS, startConsumer, untilSent, withTopic } from '../../testing/consumer.ts';

const TOPIC = 'hello-world';
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a new client', () => {
  it('gets a welcome, the newest 50 messages, oldest first, and then what comes', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 60);
    const { url } = await startConsumer(log, { BANNER: 'Hi', ENVIRONMENT: 'test' });
    const client = new Client(url);
    await client.until(({ messages }) => messages.length === 50);
    await append(log, TOPIC, 61, 62);
    await client.until(({ messages }) => messages.length === 52);
    expect(client.about).toEqual({
      environment: 'test',
      banner: 'Hi',
      topics: [TOPIC],
      account: null,
      fields: broadcastFields,
      retentionMs: 168 * 3_600_000,
      build: expect.stringMatching(/^[\w-]{12}$/),
      servedSince: expect.any(Number),
      now: expect.any(Number),
      due: {},
    });
    expect(client.offsets).toEqual(upTo(62).slice(10));
    expect(client.catchUps).toEqual([
      expect.objectContaining({ topic: TOPIC, recovered: false, older: expect.any(String) }),
    ]);
    const { next, timestamp } = client.catchUps[0]!.positions['0']!;
    expect([next, timestamp]).toEqual([60, client.messages[49]!.timestamp]);
  });

  it('is told the time, also when it asks, and can ask in any way', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const before = Date.now();
    const client = new Client(url);
    const { socket } = client;
    const { socket: bareSocket }: { socket: Socket } = client;
    bareSocket.emit('time', 'no question');
    bareSocket.emit('time');
    const { now } = await new Promise<{ now: number }>((resolve) => socket.on('welcome', resolve));
    const asked = await socket.emitWithAck('time');

    expect(now).toBeGreaterThanOrEqual(before);
    expect(asked).toBeGreaterThanOrEqual(now);
    expect(asked).toBeLessThanOrEqual(Date.now());
    expect(client.refusal).toBeUndefined();
  });

  it('disturbs nobody who is there', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const client = new Client(url);
    await client.until(({ catchUps }) => catchUps.length === 1);
    const events: string[] = [];
    client.socket.onAny((event: string) => events.push(event));
    for (let count = 0; count < 5; count += 1) {
      const newcomer = new Client(url);
      await newcomer.until(({ catchUps }) => catchUps.length === 1);
    }
    await append(log, TOPIC, 1, 1);
    await client.until(({ messages }) => messages.length === 1);
    expect(events).toEqual(['messages']);
  });

  it('has no older messages when it got all of them', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 3);
    const client = new Client((await startConsumer(log)).url);
    await client.until(({ messages }) => messages.length === 3);
    expect(client.catchUps[0]!.older).toBeNull();
  });

  it('gets only the topic that it asks for, or else the first one', async () => {
    const log = await openLog('a', 'b');
    const { url } = await startConsumer(log, { TOPICS: 'a,b' });
    const [first, a, b] = [new Client(url), new Client(url, { topic: 'a' }), new Client(url, { topic: 'b' })];
    for (const client of [first, a, b]) await client.until(({ catchUps }) => catchUps.length === 1);
    await append(log, 'a', 1, 2);
    await append(log, 'b', 1, 1);
    await append(log, 'a', 3, 3);
    await Promise.all([
      first.until(({ messages }) => messages.length === 3),
      a.until(({ messages }) => messages.length === 3),
    ]);
    await b.until(({ messages }) => messages.length === 1);
    expect([first, a, b].map(({ messages }) => messages.map(({ topic, offset }) => `${topic}${offset}`))).toEqual([
      ['a0', 'a1', 'a2'],
      ['a0', 'a1', 'a2'],
      ['b0'],
    ]);
  });
});

describe('a client that comes back', () => {
  it('gets exactly what it missed', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 5);
    const { url } = await startConsumer(log);
    const client = new Client(url);
    await client.until(({ messages }) => messages.length === 5);
    client.socket.disconnect();
    await append(log, TOPIC, 6, 200);
    await untilSent(url, 199);
    client.socket.connect();
    await client.until(({ messages }) => messages.length === 200);
    expect(client.offsets).toEqual(upTo(200));
    expect(client.catchUps.map(({ recovered }) => recovered)).toEqual([false, true]);
  });

  it('gets the newest ones, and is told of the gap, when it missed more than 1000', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 1);
    const { url, consumer } = await startConsumer(log);
    const client = new Client(url);
    await client.until(({ messages }) => messages.length === 1);
    client.socket.disconnect();
    await append(log, TOPIC, 2, 1002);
    await untilSent(url, 1001);
    client.socket.connect();
    await client.until(({ messages }) => messages.length === 51);
    expect(client.catchUps[1]).toMatchObject({ recovered: false, older: expect.any(String) });
    expect(client.offsets).toEqual([0, ...upTo(1002).slice(-50)]);
    expect(consumer.notReady()).toBeUndefined();
  });

  it('is told of the gap when what it missed was evicted', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 1);
    const { url } = await startConsumer(log, { HISTORY_MAX_ROWS: '10' });
    const client = new Client(url);
    await client.until(({ messages }) => messages.length === 1);
    client.socket.disconnect();
    await append(log, TOPIC, 2, 30);
    await untilSent(url, 29);
    client.socket.connect();
    await client.until(({ messages }) => messages.length === 11);
    expect(client.catchUps[1]!.recovered).toBe(false);
    expect(client.offsets).toEqual([0, ...upTo(30).slice(-10)]);
  });

  it('is told of the gap, connected or not, when retention took records before its replica read them', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 3);
    const cut = withTopic(log, (topicLog) => ({
      async *read(options) {
        for await (const { restarted, records, progress } of topicLog.read(options)) {
          const left = records.filter(({ offset }) => offset < 3 || offset > 5);
          const low = records.at(-1)!.offset < 6 ? 0 : 6;
          if (left.length > 0) yield { restarted, records: left, progress: progress.map((each) => ({ ...each, low })) };
        }
      },
    }));
    const { url, lines } = await startConsumer(cut);
    const [connected, away] = [new Client(url), new Client(url)];
    await Promise.all([connected, away].map((client) => client.until(({ messages }) => messages.length === 3)));
    away.socket.disconnect();
    await append(log, TOPIC, 4, 7);
    await connected.until(({ messages }) => messages.length === 4);
    away.socket.connect();
    await append(log, TOPIC, 8, 8);
    await Promise.all([connected, away].map((client) => client.until(({ messages }) => messages.length === 5)));
    for (const client of [connected, away]) {
      expect(client.offsets).toEqual([0, 1, 2, 6, 7]);
      expect(client.catchUps.map(({ recovered }) => recovered)).toEqual([false, false]);
      expect(client.catchUps[1]!.older).not.toBeNull();
    }
    expect(lines.map(({ msg }) => msg)).toContain('retention took records before they were read');
    connected.drop();
    await connected.until(({ catchUps }) => catchUps.length === 3);
    expect(connected.catchUps[2]).toMatchObject({ recovered: true, messages: [] });
  });

  it('is not told of a gap when offsets are missing for another reason', async () => {
    const log = await openLog(TOPIC);
    const marked = withTopic(log, (topicLog) => ({
      async *read(options) {
        for await (const { restarted, records, progress } of topicLog.read(options)) {
          yield { restarted, records: records.filter(({ offset }) => offset !== 1), progress };
        }
      },
    }));
    const client = new Client((await startConsumer(marked)).url);
    await client.until(({ catchUps }) => catchUps.length === 1);
    await append(log, TOPIC, 1, 3);
    await client.until(({ messages }) => messages.length === 2);
    expect(client.offsets).toEqual([0, 2]);
    expect(client.catchUps).toHaveLength(1);
  });

  it('is told when the topic is another one by now', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 3);
    const { url } = await startConsumer(log);
    const client = new Client(url, { positions: { 0: { next: 2, timestamp: 1 } } });
    await client.until(({ messages }) => messages.length === 3);
    expect(client.catchUps[0]!.recovered).toBe(false);
  });
});

describe('every client', () => {
  it('ends with exactly the topic, once each and in order, over cuts at random moments and two replicas', async () => {
    const total = 4_000;
    const random = seededRandom(7);
    const log = await openLog(TOPIC);
    const replicas = [await startConsumer(log), await startConsumer(log)];
    const urls = replicas.map(({ url }) => url);
    const clients = Array.from({ length: 20 }, (_, index) => new Client(urls[index % 2]!));
    for (const client of clients) await client.until(({ catchUps }) => catchUps.length === 1);
    for (let sent = 0; sent < total; sent += 20) {
      await append(log, TOPIC, sent + 1, sent + 20);
      const client = clients[Math.floor(random() * clients.length)]!;
      if (client.socket.connected) client.drop(urls[Math.floor(random() * 2)]);
      // Nobody may fall behind by what a resume gives at most, and what was appended must come to somebody.
      await Promise.all(clients.map((each) => each.until(({ messages }) => sent - messages.length < 900)));
      await Promise.race(clients.map((each) => each.until(({ messages }) => messages.length >= sent)));
    }
    await Promise.all(clients.map((client) => client.until(({ messages }) => messages.length >= total)));
    for (const client of clients) expect(client.offsets).toEqual(upTo(total));
    expect(Math.max(...clients.map(({ catchUps }) => catchUps.length))).toBeGreaterThan(3);
    expect(clients.flatMap(({ catchUps }) => catchUps.slice(1)).every(({ recovered }) => recovered)).toBe(true);
  });

  it('gets nothing twice from a replica that is behind the one it came from', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 10);
    const ahead = await startConsumer(log);
    const gate = gated(log);
    const behind = await startConsumer(gate.log);
    const client = new Client(ahead.url);
    await client.until(({ messages }) => messages.length === 10);
    client.drop(behind.url);
    await client.until(({ socket }) => !socket.connected);
    gate.open();
    await append(log, TOPIC, 11, 20);
    await client.until(({ messages }) => messages.length >= 20);
    expect(client.offsets).toEqual(upTo(20));
  });

  it('goes on where it was when its replica is closed and another one starts at the same place', async () => {
    const log = await openLog(TOPIC);
    const first = await startConsumer(log);
    const clients = [new Client(first.url), new Client(first.url)];
    await append(log, TOPIC, 1, 10);
    for (const client of clients) await client.until(({ messages }) => messages.length === 10);
    await first.close();
    await append(log, TOPIC, 11, 15);
    await startConsumer(log, {}, Number(new URL(first.url).port));
    await append(log, TOPIC, 16, 20);
    for (const client of clients) await client.until(({ messages }) => messages.length >= 20);
    for (const client of clients) expect(client.offsets).toEqual(upTo(20));
  });

  it('starts over with a topic that was deleted and created anew', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 5);
    const { url } = await startConsumer(log);
    const client = new Client(url);
    await client.until(({ messages }) => messages.length === 5);
    log.deleteTopic(TOPIC);
    await log.topic(TOPIC).ensure(SETTINGS);
    await append(log, TOPIC, 1, 2);
    await client.until(({ restarts, messages }) => restarts === 1 && messages.length === 2);
    expect(client.offsets).toEqual([0, 1]);
    const page = await (await fetch(`${url}/api/topics/${TOPIC}/messages`)).json();
    expect(page.messages).toHaveLength(2);
  });
});

it('closes the connection of a client that leaves and keeps it open', async () => {
  const { url } = await startConsumer(await openLog(TOPIC));
  const client = new Client(url);
  await client.until(({ catchUps }) => catchUps.length === 1);
  const { io: manager } = client.socket;
  manager.reconnection(false);
  // Socket.IO's word for leaving the main namespace.
  (manager.engine as unknown as { write(packet: string): void }).write('1');
  await client.until(({ socket }) => !socket.connected);
});

it('answers those who come back to a topic of which nothing is left, without a gap', async () => {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 3);
  const emptied = withTopic(log, (topicLog) => ({
    listOffsets: async () => (await topicLog.listOffsets()).map((ends) => ({ ...ends, low: 3 })),
    async *read(options) {
      for await (const { records, restarted, progress } of topicLog.read(options)) {
        const left = records.filter(({ offset }) => offset >= 3);
        yield { records: left, restarted, progress: progress.map((each) => ({ ...each, low: 3 })) };
      }
    },
  }));
  const { url } = await startConsumer(emptied);
  const [newcomer, old] = [new Client(url), new Client(url, { positions: { 0: { next: 3, timestamp: 2 } } })];
  for (const client of [newcomer, old]) await client.until(({ catchUps }) => catchUps.length === 1);
  newcomer.drop();
  await newcomer.until(({ catchUps }) => catchUps.length === 2);
  expect([...newcomer.catchUps, ...old.catchUps].map(({ recovered }) => recovered)).toEqual([false, true, true]);
  await append(log, TOPIC, 4, 4);
  for (const client of [newcomer, old]) await client.until(({ messages }) => messages.length === 1);
});

describe('a client that does harm', () => {
  it('with a frame of 1 MB is disconnected; nobody else is', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const [harmless, harmful] = [new Client(url), new Client(url)];
    for (const client of [harmless, harmful]) await client.until(({ catchUps }) => catchUps.length === 1);
    harmful.socket.io.reconnection(false);
    (harmful.socket as unknown as { emit(event: string, text: string): void }).emit('flood', 'x'.repeat(1024 * 1024));
    await harmful.until(({ socket }) => !socket.connected);
    await append(log, TOPIC, 1, 1);
    await harmless.until(({ messages }) => messages.length === 1);
    expect(harmless.catchUps).toHaveLength(1);
  });
});
