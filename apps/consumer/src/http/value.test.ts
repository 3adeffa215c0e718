import { describe, expect, it, onTestFinished } from 'vitest';
import type { Readable } from 'node:stream';
import { largeRecord, record } from '../../testing/record.ts';
import { History } from '../history/history.ts';
import { INLINE_BYTES, PART_BYTES } from '../history/large-values.ts';
import { valueOf } from './value.ts';
import { WorkQueue } from '../work-queue.ts';

const TOPIC = 'hello-world';
const BYTES = 2 * INLINE_BYTES + 1;

function open(isAllowed = () => true) {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 1, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  const large = largeRecord(0, BYTES);
  for (let part = 0; part * PART_BYTES < BYTES; part += 1)
    history.addPart(TOPIC, large, part, large.value!.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
  history.insert(TOPIC, [large]);
  const kept = history.at(TOPIC, 0, 0)!;
  const signal = new AbortController().signal;
  const connection = { bytesWritten: 0, writableLength: 0 };
  const supervision = { topic: TOPIC, isAllowed, connection, signal };
  const value = valueOf({ history, work: new WorkQueue(), record: kept, ...supervision }) as Readable;
  return { history, large, value };
}

describe('a value that is kept in parts', () => {
  it('comes as it was', async () => {
    const { value, large } = open();
    expect(Buffer.concat(await value.toArray()).equals(large.value!)).toBe(true);
  });

  it('fails, and does not just end, when it is evicted meanwhile', async () => {
    const { value, history } = open();
    const reading = value.iterator();
    await reading.next();
    history.insert(TOPIC, [record(1)]);
    while (history.trim());
    const rest = async () => {
      for await (const part of reading) expect(part).toBeDefined();
    };
    await expect(rest()).rejects.toThrow('0/0 is not kept any more');
  });

  it('ends in the middle when the topic may not be seen any more', async () => {
    let mayRead = true;
    const { value } = open(() => mayRead);
    const read = async () => {
      for await (const part of value) mayRead = part === undefined;
    };
    await expect(read()).rejects.toThrow('may not be seen any more');
  });
});

it('a value that is missing is empty', () => {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 1, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  const connection = { bytesWritten: 0, writableLength: 0 };
  const supervision = { topic: TOPIC, isAllowed: () => true, connection, signal: new AbortController().signal };
  const options = { history, work: new WorkQueue(), ...supervision };
  expect(valueOf({ ...options, record: { ...record(0), value: null } })).toEqual(Buffer.alloc(0));
});
