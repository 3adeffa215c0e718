import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, it } from 'vitest';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';

const kafka = new Kafka(inject('single'));
const [broker] = kafka.nodes;
const quick = inject('quick');

it('broker killed', async (context) => {
  const scene = await Scene.set({ brokers: kafka.brokers, consumers: 2 });
  await broker!.kill();
  await scene.producer.child.says(/holding them/);
  await sleep(2_000);
  await broker!.start();
  const recoveredMs = await scene.recovery();
  await scene.finish(context, { did: 'Killed the only broker, and started it 2 s later', recoveredMs });
});

it('broker paused', async (context) => {
  const seconds = quick ? 8 : 30;
  const scene = await Scene.set({ brokers: kafka.brokers, consumers: 2 });
  await broker!.pause();
  await sleep(seconds * 1000);
  await broker!.resume();
  const recoveredMs = await scene.recovery();
  expect(scene.crowd.watchers.every(({ connections }) => connections === 1)).toBe(true);
  await scene.finish(context, { did: `Paused the only broker for ${seconds} s`, recoveredMs });
});
