import { expect, inject, it } from 'vitest';
import { newTopicName } from '../../broadcasts/testing/contract.ts';
import { Kafka } from '../testing/kafka.ts';
import { finish } from '../testing/report.ts';
import { startService } from '../testing/services.ts';
import { fill, openTopic } from '../testing/topic.ts';

const { brokers } = new Kafka(inject('single'));
const RETENTION_MIB = 32;
const RECORD_BYTES = 900_000;
const MIB = 1024 ** 2;
/** A broker first looks for what is too much half a minute after its start. */
const CLEAN_UP_MS = 60_000;

it("a topic that grows, and Kafka's disk", async (context) => {
  const topic = newTopicName();
  const env = {
    TOPIC: topic,
    TOPIC_RETENTION_MIB: String(RETENTION_MIB),
    WAIT_MIN_SECONDS: '0.1',
    WAIT_MAX_SECONDS: '0.2',
  };
  const { child } = await startService('producer', { brokers, env });
  // It makes the topic. Its own messages would only be in the way of counting.
  await child.says(/Hello world/);
  await child.kill('SIGTERM');
  const topicLog = openTopic(brokers, topic);
  const records = 200;
  await fill(brokers, topic, { count: records, bytes: RECORD_BYTES });
  const since = performance.now();
  const keptMib = async (): Promise<number> => {
    const [ends] = await topicLog.listOffsets();
    return ((ends!.high - ends!.low) * RECORD_BYTES) / MIB;
  };
  // Kafka takes away whole segments, and never the one that it writes to: there are several in what it is to keep.
  await expect.poll(keptMib, { interval: 500, timeout: CLEAN_UP_MS }).toBeLessThan(1.5 * RETENTION_MIB);
  const recoveredMs = performance.now() - since;
  const did = `Filled a topic with ${Math.round((records * RECORD_BYTES) / MIB)} MiB, of which Kafka is to keep ${RETENTION_MIB}`;
  finish(context, { did, recoveredMs, clients: 0, records, gaps: 0, lost: 0, doubled: 0, disordered: 0 });
});
