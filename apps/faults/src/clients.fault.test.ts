import { expect, inject, it } from 'vitest';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';
import { metric } from '../testing/services.ts';
import { appendBatch, broadcasts } from '../testing/topic.ts';

const kafka = new Kafka(inject('single'));

it('1 000 clients that reconnect at once', async (context) => {
  const scene = await Scene.set({ brokers: kafka.brokers, clients: 1_000, every: 0.2, delayMs: () => 0 });
  const since = Date.now();
  for (const watcher of scene.crowd.watchers) watcher.drop();
  await scene.crowd.until('come back', ({ connections }) => connections === 2);
  const recoveredMs = await scene.recovery(since);
  await scene.finish(context, { did: 'Dropped the connections of all clients in the same moment', recoveredMs });
});

it('a client that never reads', async (context) => {
  const text = 'x'.repeat(100_000);
  const scene = await Scene.set({ brokers: kafka.brokers });
  const slow = scene.crowd.watchers[0]!;
  const { url } = scene.consumers[0]!;
  slow.stopReading();
  // The kernel takes some megabytes for it before anything piles up in the consumer.
  let last = 0;
  while ((await metric(url, 'live_evicted_total')) === 0) {
    await appendBatch(kafka.brokers, scene.topic, broadcasts('large', [last + 1, last + 5], text));
    last += 5;
  }
  scene.said.large = [last];
  slow.readAgain();
  const recoveredMs = await scene.recovery();
  expect(scene.crowd.watchers.map(({ connections }) => connections)).toEqual([2, ...Array(19).fill(1)]);
  const did = `Let one client read nothing until ${last / 10} MB were sent and it was disconnected`;
  await scene.finish(context, { did, recoveredMs });
});
