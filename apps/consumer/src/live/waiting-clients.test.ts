import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Client } from '../../testing/client.ts';
import { append, gated, openLog, startConsumer, withTopic } from '../../testing/consumer.ts';

const TOPIC = 'hello-world';
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a client that cannot be answered yet', () => {
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

  it('is told of no gap, when it is ahead, while nobody can say whether the log is', async () => {
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
