import { setTimeout as sleep } from 'node:timers/promises';
import { inject, it } from 'vitest';
import { Detour } from '../testing/detour.ts';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';

const kafka = new Kafka(inject('single'));
const quick = inject('quick');
const { brokers } = kafka;
const around = `127.0.0.1:${kafka.detour.listen}`;

it('connections to the broker reset', async (context) => {
  const detour = await Detour.open(kafka.detour);
  const scene = await Scene.set({ brokers, consumerBrokers: around, producerBrokers: around });
  const resets = quick ? 5 : 15;
  for (let reset = 0; reset < resets; reset += 1) {
    detour.reset();
    // Some fall into the middle of connecting.
    await sleep(Math.random() * 2_000);
  }
  detour.reset();
  const recoveredMs = await scene.recovery();
  const did = `Reset all connections of the producer and the consumer with the broker ${resets + 1} times`;
  await scene.finish(context, { did, recoveredMs });
});

it.for(['consumer', 'producer'] as const)('%s cut off from the broker', async (app, context) => {
  const seconds = quick ? 8 : 30;
  const detour = await Detour.open(kafka.detour);
  const scene = await Scene.set({ brokers, [`${app}Brokers`]: around });
  detour.blackhole();
  await sleep(seconds * 1000);
  detour.clear();
  const recoveredMs = await scene.recovery();
  const did = `Let no packet through between the ${app} and the broker for ${seconds} s`;
  await scene.finish(context, { did, recoveredMs });
});
