import { encodeBroadcast } from '@hello/broadcasts';
import { benchBroadcast } from '../message.ts';
import { listenOn, TOPIC } from './consumer.ts';
import { MadeLog } from './made-log.ts';
import { serve } from './serve.ts';

// The real consumer. Its log costs nothing, as the peers have none: what is measured is decoding, the history and
// sending.
serve(async ({ port = 0, certificate, log: { records, now } = { records: 0, now: Date.now() } }) => {
  const log = new MadeLog(records, now);
  const topicLog = log.topic(TOPIC);
  const env: Record<string, string> = { PORT: String(port) };
  if (certificate) Object.assign(env, { TLS_CERT: certificate.certFile, TLS_KEY: certificate.keyFile });
  return {
    port: await listenOn(log, env),
    say(sequence, dueAt) {
      const value = encodeBroadcast(benchBroadcast(sequence, dueAt));
      void topicLog.append({ key: 'bench', value });
    },
  };
});
