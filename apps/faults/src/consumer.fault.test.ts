import { expect, inject, it } from 'vitest';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';
import { appendBatch, broadcasts } from '../testing/topic.ts';
import type { Watcher } from '../testing/watcher.ts';

const kafka = new Kafka(inject('single'));
const quick = inject('quick');

const BATCH = 300;
const LONG = 'Hello world '.repeat(100);

it('consumer killed in the middle of a batch', async (context) => {
  const scene = await Scene.set({ brokers: kafka.brokers, clients: 100 });
  const kills = quick ? 1 : 3;
  const times: number[] = [];
  const had: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const first = kill * BATCH + 1;
    // A message of the producer may come with the batch, after it.
    const newestOf = ({ shown }: Watcher) =>
      shown.findLast(({ environment }) => environment === 'batch')?.sequence ?? 0;
    const having = () => scene.crowd.watchers.filter((watcher) => newestOf(watcher) >= first);
    const some = scene.crowd.some(() => having().length > 0);
    await appendBatch(kafka.brokers, scene.topic, broadcasts('batch', [first, first + BATCH - 1], LONG));
    await some;
    const killed = scene.consumers[0]!.child.kill('SIGKILL');
    had.push(having().length);
    await killed;
    const since = Date.now();
    await scene.startConsumer(0);
    times.push(await scene.recovery(since));
  }
  scene.said.batch = [kills * BATCH];
  const did = `Killed the only consumer ${kills} times when ${had.join(', ')} of its clients had a batch of ${BATCH}`;
  await scene.finish(context, { did, recoveredMs: Math.max(...times) });
});

it('two consumers rolled under 1 000 clients', async (context) => {
  const scene = await Scene.set({ brokers: kafka.brokers, consumers: 2, clients: 1_000, every: 0.2 });
  const times: number[] = [];
  for (const index of scene.consumers.keys()) {
    scene.close(index);
    const since = Date.now();
    const { child } = scene.consumers[index]!;
    expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    times.push(await scene.recovery(since));
    await scene.startConsumer(index);
  }
  const did = 'Ended each of two consumers (SIGTERM) and started it again, one after the other';
  await scene.finish(context, { did, recoveredMs: Math.max(...times) });
});
