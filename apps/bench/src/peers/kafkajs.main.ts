import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { answer } from '../answer.ts';
import { BROKERS } from '../kafka.ts';
import { ownUsage } from '../usage.ts';

const calls = {
  /** Reads so many records, from the first one, and does nothing with them. */
  async read({ topic, records }: { topic: string; records: number }): Promise<void> {
    const kafka = new kafkajs.Kafka({ brokers: [BROKERS], logLevel: kafkajs.logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: randomUUID() });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const done = Promise.withResolvers<void>();
    let left = records;
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        left -= batch.messages.length;
        if (left <= 0) done.resolve();
      },
    });
    await done.promise;
  },
  usage: ownUsage,
};

export type KafkaJsCalls = typeof calls;

answer(calls);
