import { expect, it } from 'vitest';
import { encodeBatch } from '../testing/record-batches.ts';
import type { FetchedPartition } from './kafka-fetch.ts';
import { type Fetched, TopicSubscription } from './kafka-subscription.ts';
import { earliest, Positions } from './positions.ts';

const NOTHING = Buffer.alloc(0);
const RECORD = { value: Buffer.from('a') };

const fetched = (bytes: Buffer, high: number, low = 0): FetchedPartition => ({
  id: 't',
  partition: 0,
  errorCode: 0,
  high,
  low,
  aborted: [],
  bytes,
});

/** What a reader of the subscription can take now. */
async function taken(subscription: TopicSubscription): Promise<(Fetched | 'restarted')[]> {
  const all: (Fetched | 'restarted')[] = [];
  const stop = new AbortController();
  setImmediate(() => stop.abort());
  for (let next = await subscription.take(stop.signal); next; next = await subscription.take(stop.signal))
    all.push(next);
  return all;
}

it('goes on behind what was fetched, which it hands on with its offsets', async () => {
  const subscription = new TopicSubscription('t', earliest());
  const partition = subscription.add(0);
  expect(partition.deliver(fetched(encodeBatch({ records: [RECORD, RECORD] }), 2))).toBe(true);
  expect(partition.position).toBe(2);
  expect(await taken(subscription)).toMatchObject([
    { offsets: { partition: 0, low: 0, high: 2 }, next: 2, batches: { from: 0, next: 2 } },
  ]);
});

it('tells once how far it is read where nothing comes', async () => {
  const subscription = new TopicSubscription('t', earliest());
  const partition = subscription.add(0);
  for (const high of [0, 0, 3, 3]) expect(partition.deliver(fetched(NOTHING, high))).toBe(false);
  expect(await taken(subscription)).toMatchObject([
    { offsets: { high: 0 }, next: 0 },
    { offsets: { high: 3 }, next: 0 },
  ]);
});

it('fetches the record before its position once more, and tells nothing until it comes', async () => {
  const subscription = new TopicSubscription('t', Positions.from({ 0: { next: 5, timestamp: 7 } }));
  const partition = subscription.add(0);
  expect(partition.position).toBe(4);
  expect(partition.readTo).toBe(5);
  expect(partition.isBeyond(fetched(NOTHING, 4))).toBe(true);
  expect(partition.isBeyond(fetched(NOTHING, 5))).toBe(false);
  partition.deliver(fetched(NOTHING, 5));
  partition.deliver(fetched(encodeBatch({ baseOffset: 4, records: [RECORD] }), 5));
  expect(await taken(subscription)).toMatchObject([{ next: 5, anchor: { next: 5, timestamp: 7 } }]);
});

it('goes on at the first record that is left', async () => {
  const subscription = new TopicSubscription('t', Positions.from({ 0: { next: 5, timestamp: 7 } }));
  const partition = subscription.add(0);
  partition.resetTo({ partition: 0, low: 8, high: 9 });
  expect(partition.position).toBe(8);
  expect(await taken(subscription)).toMatchObject([{ offsets: { low: 8, high: 9 }, next: 8, batches: undefined }]);
});
