import { encodeBroadcast } from '@hello/broadcasts';
import { benchBroadcast } from '../message.ts';
import { listenOn, TOPIC } from './consumer.ts';
import { MadeLog } from './made-log.ts';
import { serve } from './serve.ts';

// The real consumer. What producer and log do is not its work: each message is in the log, is decoded, kept in the history and sent.
const log = new MadeLog(0);
const topicLog = log.topic(TOPIC);
const port = await listenOn(log);

serve(port, (sequence, dueAt) => {
  const value = encodeBroadcast(benchBroadcast(sequence, dueAt));
  void topicLog.append({ key: 'bench', value });
});
