import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Client } from '../../testing/client.ts';
import { openLog, startConsumer } from '../../testing/consumer.ts';

const TOPIC = 'hello-world';

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

it('takes the positions of a thousand partitions, the longest that there are', async () => {
  const log = await openLog(TOPIC);
  const { url } = await startConsumer(log);
  const position = { next: Number.MAX_SAFE_INTEGER, timestamp: 253_402_300_799_999 };
  const positions = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [999_999_999 - index, position]));
  const client = new Client(url, { positions });
  await client.until(({ about }) => about !== undefined);
  expect(client.refusal).toBeUndefined();
});
