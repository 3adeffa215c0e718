import { EmbeddedLog, encodeBroadcast } from '@hello/broadcasts';
import { benchBroadcast } from '../message.ts';
import { listenOn, TOPIC } from './consumer.ts';
import { serve } from './serve.ts';

// The real consumer on a log in memory: each message is appended, read, decoded, kept in the history and sent.
const log = new EmbeddedLog(':memory:');
const topicLog = log.topic(TOPIC);
await topicLog.ensure({ partitions: 1, replication: 1, retentionMs: -1 });
const port = await listenOn(log);

serve(port, (sequence, dueAt) => {
  const value = encodeBroadcast(benchBroadcast(sequence, dueAt));
  void topicLog.append({ key: 'bench', value });
});
