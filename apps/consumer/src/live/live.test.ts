import { once } from 'node:events';
import { connect, type Socket as Connection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  broadcastFields,
  type EmbeddedLog,
  encodeBroadcast,
  type Log,
  type LogBatch,
  type LogRecord,
  type TopicLog,
} from '@hello/broadcasts';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { seededRandom } from '../../../producer/testing/seeded-random.ts';
import { Client } from '../../testing/client.ts';
import { append, openLog, SETTINGS, startConsumer, withTopic } from '../../testing/consumer.ts';
import { record as recordAt } from '../../testing/record.ts';

const TOPIC = 'hello-world';
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A log whose readers get their records only while the gate is open. */
function gated(log: EmbeddedLog): { log: Log; open(): void } {
  const gate = Promise.withResolvers<void>();
  const topic = (name: string): TopicLog => {
    const topicLog = log.topic(name);
    return {
      topic: name,
      ensure: (settings) => topicLog.ensure(settings),
      append: (record) => topicLog.append(record),
      listOffsets: () => topicLog.listOffsets(),
      async *read(options) {
        for await (const batch of topicLog.read(options)) {
          await Promise.race([gate.promise, once(options.signal, 'abort')]);
          yield batch;
        }
      },
    };
  };
  return { log: { topic, close: () => log.close() }, open: () => gate.resolve() };
}

/** Waits until the replica at a URL has read a record. */
async function untilRead(url: string, offset: number): Promise<void> {
  const newest = async () => (await (await fetch(`${url}/api/topics/${TOPIC}/messages?limit=1`)).json()).messages[0];
  await vi.waitUntil(async () => (await newest())?.offset === offset, { timeout: 10_000 });
}

/** The connection under a client. */
const connectionOf = (client: Client): Connection =>
  (client.socket.io.engine.transport as unknown as { ws: { _socket: Connection } }).ws._socket;

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

  it('waits while the topic is still being read, and misses nothing', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 20);
    const gate = gated(log);
    const { url, consumer } = await startConsumer(gate.log);
    const client = new Client(url);
    await client.until(({ about }) => about !== undefined);
    expect(consumer.notReady()).toBe(`still reading ${TOPIC}`);
    expect(client.catchUps).toEqual([]);
    gate.open();
    await client.until(({ messages }) => messages.length === 20);
    expect(client.offsets).toEqual(upTo(20));
    expect(consumer.notReady()).toBeUndefined();
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

describe('a client that is refused', () => {
  it.each([
    ['an unknown topic', { topic: 'nope' }, 404, `there is no topic nope here; there is ${TOPIC}`],
    ['a topic that is none', { topic: 7 }, 400, 'auth.topic: '],
    ['positions that are none', { positions: { 0: { next: -1, timestamp: 0 } } }, 400, 'auth.positions.0.next: '],
    ['a partition that is none', { positions: { x: { next: 1, timestamp: 0 } } }, 400, 'auth.positions.x: '],
  ])('is told why: %s', async (_, auth, status, message) => {
    const { url } = await startConsumer(await openLog(TOPIC));
    const client = new Client(url, auth);
    await client.until(({ refusal }) => refusal !== undefined);
    expect(client.refusal!.message).toContain(message);
    expect(client.refusal!.data).toEqual({ status });
  });

  it('is one that polls', async () => {
    const { url } = await startConsumer(await openLog(TOPIC));
    const socket = io(url, { transports: ['polling'], reconnection: false });
    onTestFinished(() => void socket.close());
    expect(await new Promise((resolve) => socket.once('connect_error', resolve))).toBeInstanceOf(Error);
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
    await untilRead(url, 199);
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
    await untilRead(url, 1001);
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
    await untilRead(url, 29);
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

  it('starts over, when it is ahead of a replica that does not catch up', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 3);
    const { url } = await startConsumer(log);
    const client = new Client(url, { positions: { 0: { next: 99, timestamp: 1 } } });
    await client.until(({ messages }) => messages.length === 3);
    expect(client.catchUps[0]!.recovered).toBe(false);
  });

  it('can leave while it waits', async () => {
    const log = await openLog(TOPIC);
    const { url } = await startConsumer(log);
    const waiting = new Client(url, { positions: { 0: { next: 99, timestamp: 1 } } });
    await waiting.until(({ about }) => about !== undefined);
    waiting.socket.disconnect();
    const client = new Client(url);
    await append(log, TOPIC, 1, 3);
    await client.until(({ messages }) => messages.length === 3);
    expect(waiting.messages).toEqual([]);
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

describe('a client that missed much', () => {
  const large = (length: number) =>
    encodeBroadcast({ text: 'x'.repeat(length), environment: 'test', sequence: 1, sentAt: 1, nextInMs: 1 });

  it('gets it in parts, the texts of large messages cut, and is live then', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 1);
    const { url } = await startConsumer(log);
    const client = new Client(url);
    await client.until(({ messages }) => messages.length === 1);
    client.socket.disconnect();
    for (let sent = 0; sent < 40; sent += 1) await log.topic(TOPIC).append({ key: 'k', value: large(900_000) });
    await untilRead(url, 40);
    client.socket.connect();
    await client.until(({ messages }) => messages.length === 41);
    expect(client.offsets).toEqual(upTo(41));
    const [first, ...parts] = client.catchUps;
    expect(first!.recovered).toBe(false);
    expect(parts.map(({ recovered, messages }) => [recovered, messages.length])).toEqual(parts.map(() => [true, 2]));
    const { truncated, size, value } = client.messages.at(-1)!;
    expect({ truncated, size }).toEqual({ truncated: true, size: large(900_000).length });
    const whole = await (await fetch(new URL(value!, `${url}/`))).arrayBuffer();
    expect(Buffer.from(whole).equals(large(900_000))).toBe(true);
    await append(log, TOPIC, 1, 1);
    await client.until(({ messages }) => messages.length === 42);
  });

  it('gets what comes while it catches up, once and in order', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 1);
    const { url } = await startConsumer(log);
    const client = new Client(url);
    await client.until(({ messages }) => messages.length === 1);
    client.socket.disconnect();
    for (let sent = 0; sent < 30; sent += 1) await log.topic(TOPIC).append({ key: 'k', value: large(60_000) });
    client.socket.connect();
    for (let sent = 0; sent < 300; sent += 1) {
      await append(log, TOPIC, sent, sent);
      await new Promise(setImmediate);
    }
    await client.until(({ messages }) => messages.length >= 331);
    expect(client.offsets).toEqual(upTo(331));
    expect(client.catchUps.filter(({ recovered }) => !recovered)).toHaveLength(1);
  });

  it('because it read slowly is not cut off, and misses nothing', async () => {
    const log = await openLog(TOPIC);
    const { url, lines } = await startConsumer(log);
    const [slow, quick] = [new Client(url), new Client(url)];
    for (const client of [slow, quick]) await client.until(({ catchUps }) => catchUps.length === 1);
    const connection = connectionOf(slow);
    connection.pause();
    for (let sent = 1; sent <= 200; sent += 1) {
      await log.topic(TOPIC).append({ key: 'k', value: large(60_000) });
      await quick.until(({ messages }) => messages.length === sent);
    }
    connection.resume();
    await slow.until(({ messages }) => messages.length >= 200);
    await append(log, TOPIC, 1, 1);
    await slow.until(({ messages }) => messages.length > 200);
    expect(slow.offsets).toEqual(upTo(201));
    expect(slow.catchUps.filter(({ recovered }) => !recovered)).toHaveLength(1);
    expect(slow.catchUps.length).toBeGreaterThan(10);
    expect(lines.filter(({ level }) => level > 30)).toEqual([]);
  });

  it('and reads slowly is told when its topic is created anew meanwhile, and not of another one', async () => {
    const log = await openLog('a', 'b');
    const { url } = await startConsumer(log, { TOPICS: 'a,b' });
    const clients = ['a', 'b'].flatMap((topic) => [new Client(url, { topic }), new Client(url, { topic })]);
    const [slowA, quickA, slowB, quickB] = clients as [Client, Client, Client, Client];
    for (const client of clients) await client.until(({ catchUps }) => catchUps.length === 1);
    const connections = [slowA, slowB].map((client) => connectionOf(client).pause());
    for (let sent = 1; sent <= 200; sent += 1) {
      for (const topic of ['a', 'b']) await log.topic(topic).append({ key: 'k', value: large(60_000) });
      for (const client of [quickA, quickB]) await client.until(({ messages }) => messages.length === sent);
    }
    log.deleteTopic('a');
    await log.topic('a').ensure(SETTINGS);
    await append(log, 'a', 1, 3);
    await quickA.until(({ restarts, messages }) => restarts === 1 && messages.length === 3);
    for (const connection of connections) connection.resume();
    await slowA.until(({ restarts, messages }) => restarts === 1 && messages.length === 3);
    await slowB.until(({ messages }) => messages.length === 200);
    expect([slowA.offsets, slowB.offsets]).toEqual([upTo(3), upTo(200)]);
    expect(slowB.restarts).toBe(0);
  });
});

describe('a topic that changes in the middle', () => {
  const recordOf = (offset: number) => recordAt(offset) as LogRecord;
  const batchOf = (offsets: number[], low = 0): LogBatch => {
    const progress = [{ partition: 0, low, high: offsets.at(-1)! + 1, next: offsets.at(-1)! + 1 }];
    return { records: offsets.map(recordOf), progress, restarted: false };
  };
  const RESTARTED: LogBatch = { records: [], progress: [], restarted: true };

  /** A consumer of a topic of which it reads some batches without a pause once it is told to. */
  async function startWith(batches: LogBatch[], highs: number[] = [0]) {
    const reading = Promise.withResolvers<void>();
    const log = withTopic(await openLog(TOPIC), () => ({
      listOffsets: async () => [{ partition: 0, low: 0, high: highs.length > 1 ? highs.shift()! : highs[0]! }],
      async *read({ signal }) {
        await reading.promise;
        yield* batches;
        await once(signal, 'abort');
      },
    }));
    const { url, consumer } = await startConsumer(log);
    return { url, consumer, read: () => reading.resolve() };
  }

  it('has lost some: what came before that is sent before it is told', async () => {
    const { url, read } = await startWith([batchOf([0]), batchOf([1]), batchOf([5], 5)]);
    const client = new Client(url);
    await client.until(({ catchUps }) => catchUps.length === 1);
    read();
    await client.until(({ messages }) => messages.length === 3);
    expect(client.offsets).toEqual([0, 1, 5]);
    expect(client.catchUps.map(({ messages }) => messages.map(({ offset }) => offset))).toEqual([[], [5]]);
    const newcomer = new Client(url);
    await newcomer.until(({ catchUps }) => catchUps.length === 1);
    expect(newcomer.offsets).toEqual([0, 1, 5]);
    expect(newcomer.catchUps[0]!.positions).toEqual(client.catchUps[1]!.positions);
  });

  it('is created anew: nothing of the one before is sent afterwards', async () => {
    const { url, read } = await startWith([
      // Which takes so long to send that the next one has to wait.
      batchOf(upTo(500)),
      batchOf([500, 501]),
      RESTARTED,
      batchOf([0]),
      batchOf([1]),
    ]);
    const client = new Client(url);
    await client.until(({ catchUps }) => catchUps.length === 1);
    read();
    await client.until(({ restarts, messages }) => restarts === 1 && messages.length >= 2);
    expect(client.offsets).toEqual([0, 1]);
  });

  it('is created anew: who comes then is at its beginning', async () => {
    const { url, read } = await startWith([batchOf([0, 1, 2]), RESTARTED]);
    const client = new Client(url);
    await client.until(({ catchUps }) => catchUps.length === 1);
    read();
    await client.until(({ restarts }) => restarts === 1);
    const newcomer = new Client(url);
    await newcomer.until(({ catchUps }) => catchUps.length === 1);
    const nothing = {
      topic: TOPIC,
      messages: [],
      recovered: false,
      older: null,
      positions: {},
      total: 0,
      partitions: 1,
    };
    expect(newcomer.catchUps[0]).toEqual(nothing);
  });

  it('is created anew while it is first read: who waits gets all of the new one', async () => {
    const { url, read } = await startWith([batchOf([0, 1]), RESTARTED, batchOf([0, 1])], [3, 2]);
    const client = new Client(url);
    await client.until(({ about }) => about !== undefined);
    read();
    await client.until(({ catchUps }) => catchUps.length === 1);
    expect(client.offsets).toEqual([0, 1]);
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

describe('a client from a replica that is ahead', () => {
  it('waits for this one as long as the log has what it has, and gets nothing twice', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 5);
    const [reading, catching] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const late = withTopic(log, (topicLog) => ({
      async *read(options) {
        await reading.promise;
        for await (const batch of topicLog.read(options)) {
          for (const record of batch.records) {
            if (record.offset === 5) await catching.promise;
            const progress = batch.progress.map((each) => ({ ...each, next: record.offset + 1 }));
            yield { ...batch, records: [record], progress };
          }
        }
      },
    }));
    const { url, consumer } = await startConsumer(late);
    const ahead = await startConsumer(log);
    await append(log, TOPIC, 6, 10);
    const client = new Client(ahead.url);
    await client.until(({ messages }) => messages.length === 10);
    client.drop(url);
    await client.until(({ socket }) => !socket.connected);
    // Longer than a client waits until the log is asked about it, both before this replica has loaded it and after.
    await sleep(3_200);
    reading.resolve();
    await vi.waitUntil(() => consumer.notReady() === undefined);
    await sleep(3_200);
    catching.resolve();
    await append(log, TOPIC, 11, 12);
    await client.until(({ messages }) => messages.length >= 12);
    expect(client.offsets).toEqual(upTo(12));
    expect(client.catchUps.map(({ recovered }) => recovered)).toEqual([false, true]);
  });
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

it('a client that is ahead is told of no gap while nobody can say whether the log is', async () => {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 5);
  let isAway = false;
  const away = withTopic(log, (topicLog) => ({
    listOffsets: () => (isAway ? Promise.reject(new Error('away')) : topicLog.listOffsets()),
  }));
  const { url, consumer } = await startConsumer(away);
  await vi.waitUntil(() => consumer.notReady() === undefined);
  isAway = true;
  const client = new Client(url, { positions: { 0: { next: 9, timestamp: 1 } } });
  await sleep(3_500);
  expect(client.catchUps).toEqual([]);
  isAway = false;
  await client.until(({ catchUps }) => catchUps.length === 1);
  expect(client.offsets).toEqual(upTo(5));
});

it('takes the positions of a thousand partitions, the longest that there are', async () => {
  const log = await openLog(TOPIC);
  const { url } = await startConsumer(log);
  const position = { next: Number.MAX_SAFE_INTEGER, timestamp: 253_402_300_799_999 };
  const positions = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [999_999_999 - index, position]));
  const client = new Client(url, { positions });
  await client.until(({ about }) => about !== undefined);
  expect(client.refusal).toBeUndefined();
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

  it('by not reading is cut off after 10 s; nobody else waits for it', async () => {
    const log = await openLog(TOPIC);
    const { url, lines } = await startConsumer(log);
    const reading = new Client(url);
    await reading.until(({ catchUps }) => catchUps.length === 1);

    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(socket, 'data');
    // A masked text frame with "40", Socket.IO's word for "connect to the main namespace".
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
    await once(socket, 'data');
    socket.pause();

    const large = Buffer.from(
      JSON.stringify({
        version: 1,
        text: 'x'.repeat(60_000),
        environment: 'test',
        sequence: 1,
        sentAt: 1,
        nextInMs: 1,
      }),
    );
    const evicted = () => lines.some(({ msg }) => msg === 'a client takes nothing and is disconnected');
    // The system takes some of it before it piles up here.
    for (let sent = 1; sent <= 100; sent += 1) {
      await log.topic(TOPIC).append({ key: 'test', value: large });
      await reading.until(({ messages }) => messages.length === sent);
    }
    await vi.waitUntil(evicted, { timeout: 15_000 });
    expect(reading.catchUps).toHaveLength(1);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('live_evicted_total 1');
  });
});
