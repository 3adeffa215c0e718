import { expect, inject, it, type TestContext } from 'vitest';
import { newTopicName } from '../../broadcasts/testing/contract.ts';
import { Crowd } from '../testing/crowd.ts';
import { Kafka } from '../testing/kafka.ts';
import { judgeOffsets, total } from '../testing/ledger.ts';
import { finish } from '../testing/report.ts';
import { metric, startService } from '../testing/services.ts';
import { SlowLine } from '../testing/slow-line.ts';
import { fill, type Filling, makeTopic } from '../testing/topic.ts';

const { brokers } = new Kafka(inject('single'));
const quick = inject('quick');
const KB = 1_000;

interface Stage {
  topic: string;
  /** Of the consumer. */
  url: string;
  /** The timestamp of the first record. */
  since: number;
}

/** A consumer that has read a topic with so much in it. */
async function stage(filling?: Filling): Promise<Stage> {
  const topic = newTopicName();
  await makeTopic(brokers, topic);
  const since = filling ? await fill(brokers, topic, filling) : Date.now();
  const { child, url } = await startService('consumer', { brokers, env: { TOPICS: topic } });
  await child.says(/topic is loaded/);
  return { topic, url, since };
}

/** Expects that every client has everything up to an offset, and reports. */
function report(
  context: TestContext,
  crowds: Crowd[],
  lastOffset: number,
  words: { did: string; recoveredMs: number },
) {
  const watchers = crowds.flatMap((crowd) => crowd.watchers);
  const gaps = watchers.reduce((sum, watcher) => sum + watcher.gaps, 0);
  const faults = total(watchers.map((watcher) => judgeOffsets(watcher, lastOffset)));
  finish(context, { ...words, clients: watchers.length, records: lastOffset + 1, gaps, ...faults });
}

/** Lets a client resume from the first record over a slow line. It must get all of it over one connection. */
async function catchUp(context: TestContext, filling: Filling, bytesPerSecond: number, did: string): Promise<void> {
  const { topic, url, since } = await stage(filling);
  const line = await SlowLine.open({ url, bytesPerSecond });
  const start = performance.now();
  const positions = { 0: { next: 1, timestamp: since } };
  const crowd = new Crowd({ size: 1, url: () => line.url, topic, positions });
  await crowd.sees({ partition: 0, offset: filling.count - 1 });
  const recoveredMs = performance.now() - start;
  expect({ connections: crowd.watchers[0]!.connections, evicted: await metric(url, 'live_evicted_total') }).toEqual({
    connections: 1,
    evicted: 0,
  });
  report(context, [crowd], filling.count - 1, { did, recoveredMs });
}

it('900 messages of 6 KB over 400 KB/s', (context) =>
  catchUp(context, { count: 900, bytes: 6 * KB }, 400 * KB, 'Let a client that had missed them catch up'));

it('messages of 900 KB over 800 KB/s', (context) => {
  const count = quick ? 15 : 60;
  const did = `Let a client that had missed ${count} of them catch up`;
  return catchUp(context, { count, bytes: 900 * KB }, 800 * KB, did);
});

it('live traffic faster than the line', async (context) => {
  const { topic, url } = await stage();
  const line = await SlowLine.open({ url, bytesPerSecond: 400 * KB });
  const slow = new Crowd({ size: 1, url: () => line.url, topic });
  const quickOnes = new Crowd({ size: 10, url: () => url, topic });
  for (const crowd of [slow, quickOnes]) await crowd.until('connect', ({ connections }) => connections > 0);
  const count = 200;
  // Some 2 MB a second, for 5 s.
  await fill(brokers, topic, { count, bytes: 50 * KB, perBatch: 1, everyMs: 25 });
  const start = performance.now();
  await quickOnes.sees({ partition: 0, offset: count - 1 });
  // Nobody waits for the one on the slow line.
  expect(performance.now() - start).toBeLessThan(2_000);
  await slow.sees({ partition: 0, offset: count - 1 });
  const recoveredMs = performance.now() - start;
  expect(slow.watchers[0]!.connections).toBe(1);
  const did = 'Sent 10 MB at 2 MB/s, which one of the clients gets at 400 KB/s';
  report(context, [slow, quickOnes], count - 1, { did, recoveredMs });
});
