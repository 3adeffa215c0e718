import { expect, inject, it } from 'vitest';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';
import { mountSmallDisk } from '../testing/small-disk.ts';
import { appendBatch, broadcasts } from '../testing/topic.ts';

/** Records of 50 kB, of which some hundred fill the disk. */
const ENOUGH = 4_000;
const { brokers } = new Kafka(inject('single'));

it('disk full under the history', async (context) => {
  const disk = await mountSmallDisk(4);
  context.skip(!disk, 'only root may mount a small disk');
  const scene = await Scene.set({ brokers, consumerEnv: { TMPDIR: disk!.folder } });
  const { child } = scene.consumers[0]!;
  // SQLite keeps some of it in memory.
  const text = 'x'.repeat(50_000);
  let last = 0;
  while (!child.isOver && last < ENOUGH) {
    await appendBatch(brokers, scene.topic, broadcasts('large', [last + 1, last + 10], text));
    last += 10;
  }
  scene.said.large = [last];
  expect(await child.ended).toEqual({ code: 1, signal: null });
  expect(child.stdout).toMatch(/the history cannot be written.*disk is full/);
  await disk!.grow(500);
  const since = Date.now();
  await scene.startConsumer(0);
  const recoveredMs = await scene.recovery(since);
  const did = `Filled the disk under the history: the consumer ended with 1 after ${Math.round(last / 20)} MB; gave it a larger one`;
  await scene.finish(context, { did, recoveredMs });
});
