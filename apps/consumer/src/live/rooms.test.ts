import { once } from 'node:events';
import type { LogBatch, LogRecord } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { Client } from '../../testing/client.ts';
import { openLog, startConsumer, withTopic } from '../../testing/consumer.ts';
import { record as recordAt } from '../../testing/record.ts';

const TOPIC = 'hello-world';
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a topic that changes in the middle', () => {
  const recordOf = (offset: number) => recordAt(offset) as LogRecord;
  const batchOf = (offsets: number[], low = 0): LogBatch => {
    const progress = [{ partition: 0, low, high: offsets.at(-1)! + 1, next: offsets.at(-1)! + 1 }];
    return { records: offsets.map(recordOf), progress, restarted: false };
  };
  const RESTARTED: LogBatch = { records: [], progress: [], restarted: true };

  /** A consumer of a topic of which it reads some batches without a pause once it is told to. */
  async function startWith(batches: LogBatch[], highs: number[] = [0]) {
    const reading = Promise.withResolvers<void>();
    const log = withTopic(await openLog(TOPIC), () => ({
      listOffsets: async () => [{ partition: 0, low: 0, high: highs.length > 1 ? highs.shift()! : highs[0]! }],
      async *read({ signal }) {
        await reading.promise;
        yield* batches;
        await once(signal, 'abort');
      },
    }));
    const { url, consumer } = await startConsumer(log);
    return { url, consumer, read: () => reading.resolve() };
  }

  it('has lost some: what came before that is sent before it is told', async () => {
    const { url, read } = await startWith([batchOf([0]), batchOf([1]), batchOf([5], 5)]);
    const client = new Client(url);
    await client.until(({ catchUps }) => catchUps.length === 1);
    read();
    await client.until(({ messages }) => messages.length === 3);
    expect(client.offsets).toEqual([0, 1, 5]);
    expect(client.catchUps.map(({ messages }) => messages.map(({ offset }) => offset))).toEqual([[], [5]]);
    const newcomer = new Client(url);
    await newcomer.until(({ catchUps }) => catchUps.length === 1);
    expect(newcomer.offsets).toEqual([0, 1, 5]);
    expect(newcomer.catchUps[0]!.positions).toEqual(client.catchUps[1]!.positions);
  });

  it('is created anew: nothing of the one before is sent afterwards', async () => {
    const { url, read } = await startWith([
      // Which takes so long to send that the next one has to wait.
      batchOf(upTo(500)),
      batchOf([500, 501]),
      RESTARTED,
      batchOf([0]),
      batchOf([1]),
    ]);
    const client = new Client(url);
    await client.until(({ catchUps }) => catchUps.length === 1);
    read();
    await client.until(({ restarts, messages }) => restarts === 1 && messages.length >= 2);
    expect(client.offsets).toEqual([0, 1]);
  });

  it('is created anew: who comes then is at its beginning', async () => {
    const { url, read } = await startWith([batchOf([0, 1, 2]), RESTARTED]);
    const client = new Client(url);
    await client.until(({ catchUps }) => catchUps.length === 1);
    read();
    await client.until(({ restarts }) => restarts === 1);
    const newcomer = new Client(url);
    await newcomer.until(({ catchUps }) => catchUps.length === 1);
    const nothing = {
      topic: TOPIC,
      messages: [],
      recovered: false,
      older: null,
      positions: {},
      total: 0,
      partitions: 1,
    };
    expect(newcomer.catchUps[0]).toEqual(nothing);
  });

  it('is created anew while it is first read: who waits gets all of the new one', async () => {
    const { url, read } = await startWith([batchOf([0, 1]), RESTARTED, batchOf([0, 1])], [3, 2]);
    const client = new Client(url);
    await client.until(({ about }) => about !== undefined);
    read();
    await client.until(({ catchUps }) => catchUps.length === 1);
    expect(client.offsets).toEqual([0, 1]);
  });
});
