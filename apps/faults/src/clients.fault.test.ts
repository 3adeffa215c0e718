import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';
import { metric } from '../testing/services.ts';
import { appendBatch, broadcasts } from '../testing/topic.ts';
import type { Watcher } from '../testing/watcher.ts';

/** Time without any progress after which a client is given up, with what it takes to notice it. */
const GIVE_UP_MS = 15_000;
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
  const text = 'x'.repeat(50_000);
  const scene = await Scene.set({ brokers: kafka.brokers });
  const [deaf, ...others] = scene.crowd.watchers;
  const { url } = scene.consumers[0]!;
  deaf!.stopReading();
  // The kernel takes some megabytes for it before anything piles up in the consumer.
  const count = 400;
  for (let first = 1; first <= count; first += 10)
    await appendBatch(kafka.brokers, scene.topic, broadcasts('large', [first, first + 9], text));
  scene.said.large = [count];
  const sentAt = performance.now();
  const hasAll = ({ shown }: Watcher) =>
    shown.some(({ environment, sequence }) => environment === 'large' && sequence === count);
  await scene.crowd.some(() => others.every(hasAll));
  // Nobody waits for the one.
  expect(performance.now() - sentAt).toBeLessThan(2_000);
  while ((await metric(url, 'live_evicted_total')) === 0) await sleep(100);
  const cutMs = performance.now() - sentAt;
  expect(cutMs).toBeLessThan(GIVE_UP_MS);
  deaf!.readAgain();
  const recoveredMs = await scene.recovery();
  expect(scene.crowd.watchers.map(({ connections }) => connections)).toEqual([2, ...Array(19).fill(1)]);
  const did = `Sent 20 MB of which one client took nothing, until it was cut off, ${Math.round(cutMs / 1000)} s later`;
  await scene.finish(context, { did, recoveredMs });
});
