import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { download } from './download.ts';
import { tick } from '../../testing/clock.ts';
import { record, records } from '../../testing/record.ts';
import { History } from '../history/history.ts';
import { AFTER_ALL, BEFORE_ALL, earlierThan, laterThan } from '../history/keyset.ts';
import type { Message } from '../history/message.ts';
import { WorkQueue } from '../work-queue.ts';

const TOPIC = 'hello-world';

function start(options: Partial<Parameters<typeof download>[0]> = {}): Readable {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 10_000, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  history.insert(TOPIC, records(0, 1_999));
  return download({
    history,
    work: new WorkQueue(),
    topic: TOPIC,
    format: 'ndjson',
    filter: {},
    span: { before: AFTER_ALL, after: BEFORE_ALL, forward: false },
    isAllowed: () => true,
    connection: { bytesWritten: 0, writableLength: 0 },
    signal: new AbortController().signal,
    ...options,
  });
}

it('ends in the middle when the topic may not be seen any more', async () => {
  let mayRead = true;
  const parts: string[] = [];
  const read = async () => {
    for await (const part of start({ isAllowed: () => mayRead })) {
      parts.push(part as string);
      mayRead = false;
    }
  };
  await expect(read()).rejects.toThrow('hello-world may not be seen any more');
  // What was asked for ahead has been read by then, and nothing more.
  expect(parts.join('').split('\n').length - 1).toBeLessThan(2_000);
});

it('has texts as a whole that are cut elsewhere', async () => {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 10, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  const text = 'a'.repeat(100_000);
  history.insert(TOPIC, [record(0, { text })]);
  const parts: string[] = [];
  for await (const part of start({ history })) parts.push(part as string);
  expect(JSON.parse(parts.join(''))).toMatchObject({ text });
});

describe('keys and headers are in it, whole, as', () => {
  const key = 'k'.repeat(20_000);
  const textOf = async (format: 'ndjson' | 'csv') => {
    const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 10, maxBytes: 1e9 });
    onTestFinished(() => history.close());
    const headers: [string, Buffer | null][] = [
      ['trace', Buffer.from('a"1')],
      ['bytes', Buffer.from([0xff])],
    ];
    history.insert(TOPIC, [{ ...record(0), key: Buffer.from(key), headers }]);
    return (await start({ history, format }).toArray()).join('');
  };

  it('NDJSON', async () => {
    expect(JSON.parse(await textOf('ndjson'))).toMatchObject({
      key,
      headers: [
        ['trace', 'a"1'],
        ['bytes', { hex: 'ff' }],
      ],
    });
  });

  it('CSV', async () => {
    const [names, row] = (await textOf('csv')).split('\n');
    expect(names).toMatch(/^topic,partition,offset,timestamp,key,text,.*,headers,unreadable$/);
    expect(row).toContain(`hello-world,0,0,0,${key},text 0,`);
    expect(row).toContain('"[[""trace"",""a\\""1""],[""bytes"",{""hex"":""ff""}]]",');
  });
});

it('ends within a second when the topic may not be seen any more, though nobody reads', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let mayRead = true;
  const stream = start({ isAllowed: () => mayRead });
  await once(stream, 'readable');
  mayRead = false;
  const failed = once(stream, 'error');
  vi.advanceTimersByTime(1_000);
  const [error] = (await failed) as [Error];
  expect(error.message).toContain('may not be seen any more');
});

it('has what matches only, within the times and as many as asked for', async () => {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 10_000, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  history.insert(
    TOPIC,
    records(0, 1_999).map((each) => (each.offset % 3 === 0 ? record(each.offset, { text: 'Needle' }) : each)),
  );
  const offsets = async (options: Partial<Parameters<typeof download>[0]>) => {
    const parts: string[] = [];
    for await (const part of start({ history, filter: { contains: 'needle' }, ...options })) parts.push(part as string);
    return parts
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Message).offset);
  };
  const expected = Array.from({ length: 667 }, (_, index) => (666 - index) * 3);
  expect(await offsets({})).toEqual(expected);
  expect(await offsets({ limit: 250 })).toEqual(expected.slice(0, 250));
  const span = { before: earlierThan(1_000), after: laterThan(499), forward: false };
  expect(await offsets({ span })).toEqual(expected.filter((offset) => offset >= 500 && offset < 1_000));
  expect(await offsets({ span, filter: {} })).toEqual(Array.from({ length: 500 }, (_, index) => 999 - index));
});

it('that finds nothing ends in the middle when nobody waits for it any more', async () => {
  // So that each of its ten looks at 200 records is a turn.
  tick(100);
  onTestFinished(() => void vi.restoreAllMocks());
  let looks = 0;
  const gone = Promise.withResolvers<void>();
  const isAllowed = () => {
    looks += 1;
    if (looks === 3) gone.resolve();
    return true;
  };
  const stream = start({ filter: { contains: 'nowhere' }, isAllowed });
  stream.resume();
  await gone.promise;
  const before = looks;
  await once(stream.destroy(), 'close');
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  expect(looks - before).toBeLessThanOrEqual(2);
});

it('leaves nothing behind when it is over, or is given up', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const taken: unknown[] = [];
  for await (const part of start()) taken.push(part);
  expect(taken).toHaveLength(20);
  await once(start().destroy(), 'close');
  expect(vi.getTimerCount()).toBe(0);
});

describe('a download of which', () => {
  /** After how many seconds it ends, whose client takes a byte in some of the seconds. */
  async function secondsUntilEnd(isTaken: (second: number) => boolean): Promise<number> {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const connection = { bytesWritten: 1_000, writableLength: 1_000 };
    const stream = start({ connection });
    let isOver = false;
    stream.on('error', () => (isOver = true));
    for (let second = 0; second < 200; second += 1) {
      if (isTaken(second)) connection.writableLength -= 1;
      vi.advanceTimersByTime(1_000);
      await nextTurn();
      if (isOver) return second + 1;
    }
    stream.destroy();
    return Infinity;
  }

  it('a little is taken now and then goes on for as long as it takes', async () => {
    expect(await secondsUntilEnd((second) => second % 59 === 0)).toBe(Infinity);
  });

  it('nothing is taken any more ends a minute later', async () => {
    expect(await secondsUntilEnd((second) => second <= 20)).toBe(21 + 61);
  });
});
