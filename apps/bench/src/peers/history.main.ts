import { answer } from '../answer.ts';
import { ownUsage } from '../usage.ts';
import { listenOn } from './consumer.ts';
import { MadeLog } from './made-log.ts';

const calls = {
  /** Fills the consumer's history. Answers, before it is full, with the port and the time of the newest record. */
  async start(records: number): Promise<{ port: number; now: number }> {
    const log = new MadeLog(records);
    return { port: await listenOn(log, { HISTORY_MAX_HOURS: '1000000' }), now: log.now };
  },
  usage: ownUsage,
};

export type HistoryCalls = typeof calls;

answer(calls);
