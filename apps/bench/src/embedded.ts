import { join } from 'node:path';
import { EmbeddedLog, encodeBroadcast } from '@hello/broadcasts';
import { benchBroadcast } from './message.ts';
import { TOPIC } from './peers/consumer.ts';

/** Makes the log of `npm start` in a folder, with so many broadcasts. Takes about 30 µs each. */
export async function fillEmbedded(folder: string, records: number): Promise<void> {
  const log = new EmbeddedLog(join(folder, 'log.db'));
  const topicLog = log.topic(TOPIC);
  await topicLog.ensure({ partitions: 1, replication: 1, retentionMs: -1 });
  for (let sequence = 1; sequence <= records; sequence += 1) {
    await topicLog.append({ key: 'bench', value: encodeBroadcast(benchBroadcast(sequence, 5_500.25)) });
  }
  await log.close();
}
