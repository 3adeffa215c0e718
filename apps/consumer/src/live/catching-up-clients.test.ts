import type { Socket as Connection } from 'node:net';
import { encodeBroadcast } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { Client } from '../../testing/client.ts';
import { append, openLog, SETTINGS, startConsumer, untilSent } from '../../testing/consumer.ts';

const TOPIC = 'hello-world';
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A client that got one message and is gone now. */
const disconnected = async () => {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 1);
  const { url } = await startConsumer(log);
  const client = new Client(url);
  await client.until(({ messages }) => messages.length === 1);
  client.socket.disconnect();
  return { log, url, client };
};

/** The connection under a client. */
const connectionOf = (client: Client): Connection =>
  (client.socket.io.engine.transport as unknown as { ws: { _socket: Connection } }).ws._socket;

describe('a client that missed much', () => {
  const large = (length: number) =>
    encodeBroadcast({ text: 'x'.repeat(length), environment: 'test', sequence: 1, sentAt: 1, nextInMs: 1 });

  it('gets it in parts, the texts of large messages cut, and is live then', async () => {
    const { log, url, client } = await disconnected();
    for (let sent = 0; sent < 40; sent += 1) await log.topic(TOPIC).append({ key: 'k', value: large(900_000) });
    await untilSent(url, 40);
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
    const { log, client } = await disconnected();
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
