import { encodeBroadcast } from '@hello/broadcasts';
import { benchBroadcast } from '../message.ts';
import { listenOn, TOPIC } from './consumer.ts';
import { MadeLog } from './made-log.ts';
import { serve } from './serve.ts';

// The real consumer. Its log costs nothing, as the peers have none: what is measured is decoding, the history and sending.
const log = new MadeLog(0);
const topicLog = log.topic(TOPIC);
const port = await listenOn(log);

serve(port, (sequence, dueAt) => {
  const value = encodeBroadcast(benchBroadcast(sequence, dueAt));
  void topicLog.append({ key: 'bench', value });
});
