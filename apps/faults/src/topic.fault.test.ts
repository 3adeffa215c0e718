import { expect, inject, it } from 'vitest';
import { Kafka } from '../testing/kafka.ts';
import { compare, type Faults, Ledger } from '../testing/ledger.ts';
import { Scene } from '../testing/scene.ts';
import { readBack, withAdmin } from '../testing/topic.ts';

const { brokers } = new Kafka(inject('single'));

/** What is wrong with sequences that should be one after the other. */
function judgeSequences(sequences: number[]): Faults {
  const [first, last] = [Math.min(...sequences), Math.max(...sequences)];
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return compare(all, sequences);
}

it('topic deleted and created anew', async (context) => {
  const scene = await Scene.set({ brokers });
  const [away, ...present] = scene.crowd.watchers;
  away!.leave();
  await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [scene.topic] }));
  const since = Date.now();
  // The producer makes it again by itself.
  await scene.crowd.some(() => present.every(({ restarts }) => restarts === 1));
  await scene.crowd.some(() => present.every(({ shown }) => shown.length > 50));
  away!.comeBack();
  const recoveredMs = await scene.recovery(since);
  await scene.end();
  const ledger = new Ledger(await readBack(scene.topicLog));
  const faults = scene.crowd.watchers.flatMap((watcher) => {
    // What the log of before had is gone, but what was shown of it has no holes, and neither has the new one.
    const [before, after] = watcher.stretches.map(({ shown }) => shown.map(({ sequence }) => sequence!));
    return [judgeSequences(before!), judgeSequences(after!), ledger.judge({ stretches: watcher.stretches.slice(-1) })];
  });
  expect(scene.crowd.watchers.map(({ restarts, gaps }) => [restarts, gaps])).toEqual([
    [0, 1],
    ...present.map(() => [1, 0]),
  ]);
  const did = 'Deleted the topic under a producer, which made it again, while one client was away';
  scene.report(context, { did, recoveredMs, records: ledger.size }, faults);
});

it("history's bound overtakes a client", async (context) => {
  const scene = await Scene.set({ brokers, every: 0.01, consumerEnv: { HISTORY_MAX_ROWS: '200' } });
  const [away, present] = scene.crowd.watchers;
  away!.leave();
  const left = present!.shown.length;
  await scene.crowd.some(() => present!.shown.length > left + 400);
  away!.comeBack();
  const recoveredMs = await scene.recovery();
  expect(scene.crowd.watchers.map(({ gaps }) => gaps)).toEqual([1, ...Array(19).fill(0)]);
  await scene.finish(context, {
    did: 'Let one client be away until the history had no more what it missed',
    recoveredMs,
  });
});

/** Resolves when the log has some more records than now. */
async function grown(scene: Scene, records: number): Promise<void> {
  const end = async () => (await scene.topicLog.listOffsets())[0]!.high;
  const before = await end();
  await expect.poll(end, { timeout: 60_000 }).toBeGreaterThan(before + records);
}

/** Lets retention take all but the newest records. Answers with those that there were before. */
async function cutLog(scene: Scene): ReturnType<typeof readBack> {
  const records = await readBack(scene.topicLog);
  const partitions = [{ partition: 0, offset: String(records.length - 10) }];
  await withAdmin(brokers, async (admin) => {
    // Without this it knows of no topic.
    await admin.fetchTopicOffsets(scene.topic);
    await admin.deleteTopicRecords({ topic: scene.topic, partitions });
  });
  return records;
}

it("Kafka's retention overtakes a client", async (context) => {
  const scene = await Scene.set({ brokers, every: 0.02 });
  const [away, present] = scene.crowd.watchers;
  away!.leave();
  const left = present!.shown.length;
  await scene.crowd.some(() => present!.shown.length > left + 100);
  const records = await cutLog(scene);
  // Only a consumer that starts anew does not have them.
  await scene.consumers[0]!.child.kill('SIGKILL');
  await scene.startConsumer(0);
  away!.comeBack();
  const recoveredMs = await scene.recovery();
  expect(away!.gaps).toBe(1);
  await scene.finish(context, { did: 'Cut the log while one client was away', recoveredMs, records });
});

it("Kafka's retention overtakes a consumer", async (context) => {
  const scene = await Scene.set({ brokers, every: 0.02 });
  const { child } = scene.consumers[0]!;
  void child.kill('SIGSTOP');
  await grown(scene, 100);
  const records = await cutLog(scene);
  void child.kill('SIGCONT');
  const recoveredMs = await scene.recovery();
  // Everyone misses something, and must be told.
  expect(scene.crowd.watchers.map(({ gaps }) => gaps)).toEqual(Array(20).fill(1));
  const did = 'Cut the log further than a consumer, which was paused, had read';
  await scene.finish(context, { did, recoveredMs, records });
});
