import type { Log, LogBatch, TopicLog } from '@hello/broadcasts';
import { answer } from '../answer.ts';
import { openKafkaLog } from '../kafka.ts';
import { ownUsage } from '../usage.ts';
import { listenOn } from './consumer.ts';

const gate = Promise.withResolvers<void>();

/** Kafka as it is, but nothing comes before the gate opens: a client is there already, and all goes to it live. */
class GatedLog implements Log {
  readonly #log = openKafkaLog();

  topic(name: string): TopicLog {
    const topicLog = this.#log.topic(name);
    return {
      topic: name,
      system: topicLog.system,
      ensure: (settings) => topicLog.ensure(settings),
      append: (record) => topicLog.append(record),
      async *read(options): AsyncGenerator<LogBatch> {
        await gate.promise;
        yield* topicLog.read(options);
      },
      // With nothing to catch up with, the consumer is ready.
      listOffsets: async () => [],
    };
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

const calls = {
  /** Starts the consumer, as the variables say. Answers with its port. */
  start: (env: Record<string, string>): Promise<number> => listenOn(new GatedLog(), env),
  open: (): void => gate.resolve(),
  usage: ownUsage,
};

export type IngestCalls = typeof calls;

answer(calls);
