import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@hello/broadcasts';
import { expect, inject, it, onTestFinished } from 'vitest';
import { Crowd } from '../testing/crowd.ts';
import { Kafka } from '../testing/kafka.ts';
import { Ledger, total } from '../testing/ledger.ts';
import { finish } from '../testing/report.ts';
import { Scene } from '../testing/scene.ts';
import { lastSaid, startStandalone } from '../testing/services.ts';
import { mountSmallDisk } from '../testing/small-disk.ts';
import { appendBatch, broadcasts, readBack } from '../testing/topic.ts';

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

it('disk full under the embedded log', async (context) => {
  const disk = await mountSmallDisk(1);
  context.skip(!disk, 'only root may mount a small disk');
  const { child, url } = await startStandalone({
    DATA_DIR: disk!.folder,
    WAIT_MIN_SECONDS: '0.005',
    WAIT_MAX_SECONDS: '0.01',
  });
  const topic = 'hello-world';
  const crowd = new Crowd({ size: 20, url: () => url, topic });
  await child.says(/holding them/);
  expect(child.stdout).toMatch(/"reason":"[^"]*disk is full/);
  await sleep(1_000);
  await disk!.grow(100);
  const since = Date.now();
  await crowd.seesWhatWasSaidAfter(since, ['local']);
  const recoveredMs = Date.now() - since;
  expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });

  const log = new EmbeddedLog(join(disk!.folder, 'log.db'));
  onTestFinished(() => log.close());
  const ledger = new Ledger(await readBack(log.topic(topic)));
  // The last ones were said while the server closed.
  const end = { from: { 0: Infinity }, shown: [] };
  const faults = total([
    ledger.judgeRuns({ local: [lastSaid(child)] }),
    ...crowd.watchers.map(({ stretches }) => ledger.judge({ stretches: [...stretches, end] })),
  ]);
  const did = 'Filled the disk under `npm start`, which held its broadcasts until there was a larger one';
  finish(context, { did, recoveredMs, clients: 20, records: ledger.size, gaps: 0, ...faults });
});
