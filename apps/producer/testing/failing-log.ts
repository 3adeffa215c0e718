import type { TopicLog } from '@hello/broadcasts';
import { onTestFinished } from 'vitest';
import { DeletableLog } from '../../broadcasts/testing/deletable-log.ts';

/** A real log that can be away, and that counts how often it was asked for its topic. */
export interface FailingLog extends TopicLog {
  away: boolean;
  ensured: number;
  log: DeletableLog;
}

/** A log in memory of one topic, which ends with the test. */
export function createFailingLog(topic = 'hello-world'): FailingLog {
  const log = new DeletableLog(':memory:');
  onTestFinished(() => log.close());
  const real = log.topic(topic);
  const check = (): void => {
    if (failing.away) throw new Error('the log is away');
  };
  const failing: FailingLog = {
    topic,
    system: real.system,
    log,
    away: false,
    ensured: 0,
    async ensure(settings) {
      failing.ensured += 1;
      check();
      return real.ensure(settings);
    },
    async append(record) {
      check();
      return real.append(record);
    },
    read: (options) => real.read(options),
    listOffsets: () => real.listOffsets(),
  };
  return failing;
}
