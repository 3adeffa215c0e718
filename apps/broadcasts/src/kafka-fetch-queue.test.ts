import { expect, it } from 'vitest';
import { encodeBatch } from '../testing/record-batches.ts';
import { FetchQueue } from './kafka-fetch-queue.ts';
import type { SubscribedPartition } from './kafka-partition.ts';
import { TopicSubscription } from './kafka-subscription.ts';
import { earliest } from './positions.ts';

const BROKER = 1;
const ENOUGH = 1_000;

/** A partition that the broker leads, of a topic with that id. */
function partitionOf(id: string, partition = 0): SubscribedPartition {
  const subscription = new TopicSubscription('t', earliest());
  subscription.id = id;
  return Object.assign(subscription.add(partition), { leader: BROKER });
}

function queueOf(...partitions: SubscribedPartition[]): FetchQueue {
  const queue = new FetchQueue();
  for (const partition of partitions) queue.add(partition);
  return queue;
}

it('gives what a broker leads, and nobody fetches yet', () => {
  const [mine, unknown, elsewhere] = ['a', 'b', 'c'].map((id) => partitionOf(id));
  unknown!.leader = undefined;
  elsewhere!.leader = BROKER + 1;
  const queue = queueOf(mine!, unknown!, elsewhere!);
  expect(queue.hasLeaders).toBe(false);
  expect(queue.count(BROKER)).toBe(1);
  const claimed = queue.claim(BROKER, ENOUGH);
  expect(claimed).toEqual([mine]);
  expect(queue.claim(BROKER, ENOUGH)).toEqual([]);
  queue.release(claimed);
  expect(queue.claim(BROKER, ENOUGH)).toEqual([mine]);
});

it('gives the same partition of two readers one after the other', () => {
  const [first, second] = [partitionOf('a'), partitionOf('a')];
  const queue = queueOf(first, second);
  expect(queue.claim(BROKER, ENOUGH)).toEqual([first]);
  expect(queue.claim(BROKER, ENOUGH)).toEqual([second]);
});

it('leaves out whose reader has enough, until it was taken', async () => {
  const partition = partitionOf('a');
  const queue = queueOf(partition);
  const bytes = encodeBatch({ records: [{ value: Buffer.alloc(100) }] });
  partition.deliver({ id: 'a', partition: 0, errorCode: 0, high: 1, low: 0, aborted: [], bytes });
  expect(queue.claim(BROKER, 100)).toEqual([]);
  await partition.subscription.take(new AbortController().signal);
  expect(queue.claim(BROKER, 100)).toEqual([partition]);
});

it('asks last for whoever had something', () => {
  const [first, second] = [partitionOf('a'), partitionOf('b')];
  const queue = queueOf(first, second);
  queue.moveToEnd(first);
  expect(queue.claim(BROKER, ENOUGH)).toEqual([second, first]);
});

it('wakes those who wait, when something is given back and when it is closed', async () => {
  const queue = queueOf();
  const released = queue.changed();
  queue.release([]);
  await released;
  const closed = queue.changed();
  queue.close();
  await closed;
  expect(queue.isClosed).toBe(true);
});
