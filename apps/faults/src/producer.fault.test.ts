import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import type { Message } from '../../consumer/src/history/message.ts';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';

const kafka = new Kafka(inject('single'));
const quick = inject('quick');
const HOUR_MS = 3_600_000;
const clock = fileURLToPath(new URL('../testing/clock.ts', import.meta.url));

it('producer killed', async (context) => {
  const scene = await Scene.set({ brokers: kafka.brokers, every: 0.01 });
  const kills = quick ? 2 : 5;
  const times: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await scene.endProducer('local', 'SIGKILL');
    const since = Date.now();
    await scene.startProducer();
    // What the killed one had sent before may come after its end.
    await scene.producer.child.says(/Hello world #1,/);
    times.push(await scene.recovery(since));
  }
  const did = `Killed the producer ${kills} times and started it again`;
  await scene.finish(context, { did, recoveredMs: Math.max(...times) });
});

it("producer's clock set back an hour", async (context) => {
  const scene = await Scene.set({ brokers: kafka.brokers, producerNode: ['--import', clock] });
  void scene.producer.child.kill('SIGWINCH');
  const since = Date.now();
  await scene.crowd.until('see the clock jump', ({ last }) => last!.timestamp - last!.sentAt! > HOUR_MS / 2);
  const recoveredMs = Date.now() - since;
  // Connections are made anew by that clock, too.
  await kafka.nodes[0]!.kill();
  await kafka.nodes[0]!.start();
  await scene.recovery(Date.now() - HOUR_MS);
  await scene.finish(context, {
    did: "Set the producer's clock back by an hour, then killed the broker and started it again",
    recoveredMs,
  });
  // The history goes by the log's time, so that it is in the log's order all the same.
  const answer = await fetch(`${scene.consumers[0]!.url}/api/topics/${scene.topic}/messages?limit=500`);
  const { messages } = (await answer.json()) as { messages: Message[] };
  expect(messages.toReversed()).toEqual(scene.crowd.watchers[0]!.shown.slice(-500));
});
