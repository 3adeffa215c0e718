import { expect, it } from 'vitest';
import type { DeletableLog } from '../../broadcasts/testing/deletable-log.ts';
import { append, openLog, startConsumer } from '../../consumer/testing/consumer.ts';
import { Crowd } from '../testing/crowd.ts';
import { Ledger } from '../testing/ledger.ts';
import { readBack } from '../testing/topic.ts';
import type { Watcher } from '../testing/watcher.ts';

const TOPIC = 'hello-world';

async function watch(env: Record<string, string> = {}): Promise<{ log: DeletableLog; crowd: Crowd; first: Watcher }> {
  const log = await openLog(TOPIC);
  const { url } = await startConsumer(log, env);
  const crowd = new Crowd({ size: 3, url: () => url, topic: TOPIC });
  await crowd.until('connect', ({ connections }) => connections === 1);
  return { log, crowd, first: crowd.watchers[0]! };
}

const offsets = ({ shown }: Watcher): number[] => shown.map(({ offset }) => offset);

it('shows everything, and comes back by itself without a loss or a double', async () => {
  const { log, crowd } = await watch();
  await append(log, TOPIC, 1, 3);
  await crowd.sees({ partition: 0, offset: 2 });
  for (const watcher of crowd.watchers) watcher.drop();
  await append(log, TOPIC, 4, 6);
  await crowd.sees({ partition: 0, offset: 5 });
  const ledger = new Ledger(await readBack(log.topic(TOPIC)));
  for (const watcher of crowd.watchers) {
    expect(offsets(watcher)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(ledger.judge(watcher)).toEqual({ lost: 0, doubled: 0, disordered: 0 });
  }
});

it('begins anew after a gap, with what it did not show before', async () => {
  const { log, crowd, first } = await watch({ HISTORY_MAX_ROWS: '2' });
  await append(log, TOPIC, 1, 3);
  await crowd.sees({ partition: 0, offset: 2 });
  first.leave();
  await append(log, TOPIC, 4, 8);
  // Until the others have them, there may be more than two in the history.
  await expect.poll(() => crowd.watchers.slice(1).map((other) => offsets(other).at(-1))).toEqual([7, 7]);
  first.comeBack();
  await crowd.sees({ partition: 0, offset: 7 });
  expect(first.stretches.map(({ shown }) => shown.map(({ offset }) => offset))).toEqual([
    [0, 1, 2],
    [6, 7],
  ]);
  expect(new Ledger(await readBack(log.topic(TOPIC))).judge(first).lost).toBe(0);
});

it('knows when the topic is another one', async () => {
  const { log, crowd, first } = await watch();
  await append(log, TOPIC, 1, 3);
  await crowd.sees({ partition: 0, offset: 2 });
  log.deleteTopic(TOPIC);
  await log.topic(TOPIC).ensure({ partitions: 1, replication: 1, retentionMs: -1 });
  await append(log, TOPIC, 4, 4);
  await crowd.until('start over', ({ restarts, shown }) => restarts === 1 && shown.length === 1);
  expect(offsets(first)).toEqual([0]);
});
