import { encodeBroadcast, type TopicLog } from '@hello/broadcasts';
import { answer } from '../answer.ts';
import { benchBroadcast } from '../message.ts';
import { type Course, pace } from '../pace.ts';
import { Stretches } from '../stretches.ts';
import { ownUsage } from '../usage.ts';
import { listenOn, TOPIC } from './consumer.ts';
import { MadeLog } from './made-log.ts';

const stretches = new Stretches();
let topicLog: TopicLog;

// The real consumer, whose history is full when it is measured: each message that comes costs it the oldest one.
const calls = {
  /** Answers with the port, before the history is full. */
  async start(records: number): Promise<number> {
    const log = new MadeLog(records);
    topicLog = log.topic(TOPIC);
    return listenOn(log, { HISTORY_MAX_HOURS: '1000000', HISTORY_MAX_ROWS: String(records) });
  },
  publish: (course: Course): Promise<void> =>
    pace(course, (sequence, dueAt) => {
      void topicLog.append({ key: 'bench', value: encodeBroadcast(benchBroadcast(sequence, dueAt)) });
    }),
  watch: (): void => stretches.reset(),
  stretch: () => stretches.longest(),
  usage: ownUsage,
};

export type FairnessCalls = typeof calls;

answer(calls);
