import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LogBatch, type LogRecord, Positions, type TopicLog } from '@hello/broadcasts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestContext } from '../../service/testing/context.ts';
import { largeRecord, record } from '../testing/record.ts';
import { History } from './history/history.ts';
import { INLINE_BYTES } from './history/large-values.ts';
import { readerMetrics } from './metrics.ts';
import { Reader } from './reader.ts';
import { WorkQueue } from './work-queue.ts';

const TOPIC = 'hello-world';
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const fromLog = (offset: number, partition = 0): LogRecord => record(offset, { partition }) as LogRecord;

type Part = Partial<LogBatch> & { next?: number; low?: number };

/** A topic of one partition whose reader gets what the test gives. */
class Script {
  readonly opened: Positions[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #batches: LogBatch[] = [];
  low: number;
  high: number;

  constructor(high: number, low: number) {
    this.high = high;
    this.low = low;
  }

  readonly topicLog: TopicLog = {
    topic: TOPIC,
    system: 'embedded',
    ensure: async () => [],
    append: () => Promise.reject(new Error('nobody appends')),
    listOffsets: async () => [{ partition: 0, low: this.low, high: this.high }],
    read: ({ from, signal }) => this.#read(from, signal),
  };

  async give({
    records = [],
    restarted = false,
    low = 0,
    next = (records.at(-1)?.offset ?? -1) + 1,
  }: Part): Promise<void> {
    const progress = restarted ? [] : [{ partition: 0, low, high: this.high, next }];
    this.#batches.push({ records, progress, restarted });
    for (const wake of this.#waiting.splice(0)) wake();
    // Until it is taken in, and whoever is to be told was told.
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  }

  async *#read(from: Positions, signal: AbortSignal): AsyncGenerator<LogBatch> {
    this.opened.push(from);
    while (!signal.aborted) {
      const batch = this.#batches.shift();
      if (batch) yield batch;
      else
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
    }
  }
}

async function start(
  high: number,
  {
    low = 0,
    whenDrained = async () => {},
    ...bounds
  }: Partial<ConstructorParameters<typeof History>[0]> & { low?: number; whenDrained?: () => Promise<void> } = {},
) {
  const script = new Script(high, low);
  const { registry, logger, lines } = createTestContext();
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 1e6, maxBytes: 1e9, ...bounds });
  const told = { loaded: 0, restarted: 0, messages: [] as [offsets: number[], afterGap: boolean][] };
  const reader = new Reader({
    topicLog: script.topicLog,
    history,
    intake: new WorkQueue(),
    metrics: readerMetrics(registry),
    logger,
    onMessages: (messages, _, afterGap) => void told.messages.push([messages.map(({ offset }) => offset), afterGap]),
    whenDrained,
    onRestarted: () => (told.restarted += 1),
    onLoaded: () => (told.loaded += 1),
  });
  const stop = new AbortController();
  const running = reader.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
    history.close();
  });
  await nextTurn();
  return { script, history, reader, told, lines, registry };
}

describe('a reader', () => {
  it('has loaded its topic once it has what there was at the start, and tells of what comes from then on', async () => {
    const { script, told, reader } = await start(3);
    await script.give({ records: [fromLog(0)] });
    expect(told.loaded).toBe(0);
    await script.give({ records: [fromLog(1), fromLog(2)] });
    expect(reader.isLoaded).toBe(true);
    for (const offset of [3, 4]) await script.give({ records: [fromLog(offset)] });
    expect(told).toEqual({
      loaded: 1,
      restarted: 0,
      messages: [
        [[3], false],
        [[4], false],
      ],
    });
  });

  it('notes when it read a record, of those that come once its topic is loaded', async () => {
    const { script, history } = await start(2);
    await script.give({ records: [fromLog(0), fromLog(1)] });
    const before = Date.now();
    await script.give({ records: [fromLog(2)] });
    const readAts = [0, 1, 2].map((offset) => history.at(TOPIC, 0, offset)!.readAt);
    expect(readAts).toEqual([undefined, undefined, expect.any(Number)]);
    expect(readAts[2]).toBeGreaterThanOrEqual(before);
    expect(readAts[2]).toBeLessThanOrEqual(Date.now());
  });

  it('knows how far it is behind, also while it is held, until it took all', async () => {
    const room = Promise.withResolvers<void>();
    const { script, reader } = await start(0, { whenDrained: () => room.promise });
    const lag = () => [...reader.lags];
    expect(lag()).toEqual([[0, 0]]);
    script.high = 3;
    await script.give({ records: [fromLog(0)] });
    expect(lag()).toEqual([[0, 3]]);
    // As the watchdog asks, while what was fetched waits.
    reader.noteOffsets([{ partition: 0, low: 0, high: 9 }]);
    expect(lag()).toEqual([[0, 9]]);
    room.resolve();
    await script.give({ records: [fromLog(1), fromLog(2)] });
    expect(lag()).toEqual([[0, 6]]);
    // Offsets without a record count, until they are passed over.
    script.high = 9;
    await script.give({ records: [fromLog(4)], next: 9 });
    expect(lag()).toEqual([[0, 0]]);
  });

  it('is behind by what can still be read, in partitions that are still there', async () => {
    const { script, reader } = await start(8, { low: 5 });
    expect([...reader.lags]).toEqual([[0, 3]]);
    reader.noteOffsets([
      { partition: 0, low: 7, high: 8 },
      { partition: 1, low: 2, high: 6 },
    ]);
    expect([...reader.lags]).toEqual([
      [0, 1],
      [1, 4],
    ]);
    reader.noteOffsets([{ partition: 1, low: 2, high: 6 }]);
    expect([...reader.lags.keys()]).toEqual([1]);
    [script.low, script.high] = [0, 1];
    await script.give({ restarted: true });
    expect([...reader.lags]).toEqual([[0, 1]]);
  });

  it('counts records, and the bytes of what they say, unpacked', async () => {
    const { script, registry } = await start(0);
    const one = { ...fromLog(0), key: Buffer.from('key'), headers: [], value: Buffer.from('value') };
    await script.give({ records: [one, { ...one, offset: 1, headers: [['name', Buffer.from('of it')]] }] });
    const metrics = await registry.metrics();
    expect(metrics).toContain(`records_total{topic="${TOPIC}"} 2`);
    expect(metrics).toContain(`records_bytes_total{topic="${TOPIC}"} 25`);
  });

  it.each([
    ['nothing', 0],
    ['offsets without a record at its end', 5],
  ])('has loaded a topic that has %s', async (_, high) => {
    const { script, told } = await start(high);
    if (high > 0) await script.give({ records: [fromLog(0)], next: 4 });
    expect(told.loaded).toBe(high > 0 ? 0 : 1);
    if (high > 0) await script.give({ next: 5 });
    expect(told.loaded).toBe(1);
  });

  it('has loaded a topic whose records are all gone', async () => {
    const { script, told } = await start(5);
    await script.give({ low: 5, next: 5 });
    expect(told.loaded).toBe(1);
  });

  it('tells of a gap once, where retention took what was not read, with or without records after it', async () => {
    const { script, told, history, lines } = await start(1);
    await script.give({ records: [fromLog(0)] });
    await script.give({ records: [fromLog(5), fromLog(6)], low: 3 });
    await script.give({ records: [fromLog(7)], low: 3 });
    await script.give({ low: 10, next: 10 });
    await script.give({ records: [fromLog(10)], low: 10 });
    expect(told.messages).toEqual([
      [[5, 6], true],
      [[7], false],
      [[], true],
      [[10], false],
    ]);
    expect(lines.filter(({ msg }) => msg.startsWith('retention took')).map(({ missing }) => missing)).toEqual([2, 2]);
    const at = (next: number) => Positions.from({ 0: { next, timestamp: 0 } });
    expect([9, 10].map((next) => history.hasGapAfter(TOPIC, at(next)))).toEqual([true, false]);
  });

  it('takes offsets without a record for no gap', async () => {
    const { script, told, history } = await start(1);
    await script.give({ records: [fromLog(0)] });
    await script.give({ next: 4 });
    await script.give({ records: [fromLog(9)] });
    expect(told.messages).toEqual([[[9], false]]);
    expect(history.hasGapAfter(TOPIC, Positions.from({ 0: { next: 1, timestamp: 0 } }))).toBe(false);
  });

  it('knows what was gone before it began', async () => {
    const { script, told, history } = await start(8);
    await script.give({ records: [fromLog(7)], low: 5 });
    expect(told).toMatchObject({ loaded: 1, messages: [] });
    expect(history.hasGapAfter(TOPIC, new Positions())).toBe(true);
    expect(history.hasGapAfter(TOPIC, Positions.from({ 0: { next: 5, timestamp: 0 } }))).toBe(false);
  });

  it('counts from where the log begins as it starts, also when nothing is left there', async () => {
    const { script, told, history, lines } = await start(5, { low: 5 });
    expect(told.loaded).toBe(1);
    expect(history.hasGapAfter(TOPIC, Positions.from({ 0: { next: 4, timestamp: 3 } }))).toBe(true);
    expect(history.hasGapAfter(TOPIC, history.positions(TOPIC))).toBe(false);
    await script.give({ low: 5, next: 5 });
    await script.give({ records: [fromLog(5)], low: 5 });
    expect(told.messages).toEqual([[[5], false]]);
    expect(lines.filter(({ level }) => level > 30)).toEqual([]);
  });

  it('takes nothing for lost between where the log begins and its first record', async () => {
    const { script, history } = await start(1);
    await script.give({ records: [fromLog(0)] });
    await script.give({ records: [fromLog(8)], low: 6 });
    const at = (next: number) => Positions.from({ 0: { next, timestamp: 0 } });
    expect([5, 6].map((next) => history.hasGapAfter(TOPIC, at(next)))).toEqual([true, false]);
  });

  it('marks a gap only as it tells of it, so that nobody is told twice', async () => {
    const { script, history } = await start(1);
    await script.give({ records: [fromLog(0)] });
    const large = largeRecord(5, 4 * INLINE_BYTES) as LogRecord;
    const giving = script.give({ records: [large], low: 5 });
    await vi.waitUntil(() => history.part(TOPIC, large, 0) !== undefined, { interval: 0 });
    expect(history.hasGapAfter(TOPIC, history.positions(TOPIC))).toBe(false);
    expect(history.hasGapAfter(TOPIC, Positions.from({ 0: { next: 1, timestamp: 0 } }))).toBe(history.count(TOPIC) > 1);
    await giving;
  });

  it('gives a record without a time of its own that of the one before it, over batches and gaps', async () => {
    const { script, history } = await start(0);
    const undated = (offset: number) => ({ ...fromLog(offset), timestamp: -1 });
    await script.give({ records: [{ ...fromLog(0), timestamp: 7 }, undated(1)] });
    await script.give({ records: [undated(2)] });
    await script.give({ records: [undated(9)], low: 9 });
    const { records } = history.page(TOPIC, { limit: 10 });
    expect(records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([9, 2, 1, 0].map((each) => [each, 7]));
  });

  it('starts over with a topic that was created anew', async () => {
    const { script, told, history } = await start(2);
    await script.give({ records: [fromLog(0), fromLog(1)] });
    script.high = 1;
    await script.give({ restarted: true });
    await script.give({ records: [fromLog(0)] });
    expect(told).toMatchObject({ loaded: 1, restarted: 1, messages: [[[0], false]] });
    expect(history.count(TOPIC)).toBe(1);
  });

  it('notes which partitions there are, with a record or without, also of a topic that was created anew', async () => {
    const { script, history } = await start(0);
    expect(history.partitions(TOPIC)).toBe(1);
    await script.give({ records: [fromLog(0, 3)] });
    expect(history.partitions(TOPIC)).toBe(2);
    script.topicLog.listOffsets = async () => upTo(3).map((partition) => ({ partition, low: 0, high: 0 }));
    await script.give({ restarted: true });
    expect(history.partitions(TOPIC)).toBe(3);
  });

  it('waits for the whole of a topic that was created anew before it had the one before', async () => {
    const { script, told, reader } = await start(3);
    await script.give({ records: [fromLog(0), fromLog(1)] });
    script.high = 2;
    await script.give({ restarted: true });
    expect(told).toMatchObject({ loaded: 0, restarted: 1 });
    await script.give({ records: [fromLog(0)] });
    expect(told.loaded).toBe(0);
    reader.reopen();
    await vi.waitUntil(() => script.opened.length === 2);
    expect(script.opened[1]!.toJSON()).toEqual({ 0: { next: 1, timestamp: 0 } });
    await script.give({ records: [fromLog(1)] });
    expect(told.loaded).toBe(1);
  });

  it('tells of a gap that came before its topic was loaded to those who come back only', async () => {
    const { script, told, history } = await start(8);
    await script.give({ records: [fromLog(0)] });
    await script.give({ low: 5, next: 5 });
    await script.give({ records: [fromLog(7)], low: 5 });
    expect(told).toMatchObject({ loaded: 1, messages: [] });
    expect(history.hasGapAfter(TOPIC, Positions.from({ 0: { next: 1, timestamp: 0 } }))).toBe(true);
  });

  it('takes in a batch of large records a few at a time', async () => {
    const { script, told } = await start(0);
    await script.give({ records: upTo(7).map((offset) => largeRecord(offset, 100_000) as LogRecord) });
    await vi.waitUntil(() => told.messages.flatMap(([offsets]) => offsets).length === 7);
    expect(told.messages.map(([offsets]) => offsets.length)).toEqual([2, 2, 2, 1]);
  });

  it('is opened anew where it was, as its records stood in the log', async () => {
    const { script, reader } = await start(3);
    const odd = { ...fromLog(1), timestamp: -1 };
    await script.give({ records: [fromLog(0), odd] });
    reader.reopen();
    await vi.waitUntil(() => script.opened.length === 2);
    expect(script.opened.map((positions) => positions.toJSON())).toEqual([{}, { 0: { next: 2, timestamp: -1 } }]);
    await script.give({ records: [fromLog(2)] });
    expect(reader.fetchPositions.get(0)).toBe(3);
  });

  it.each([500, 501, 1_000, 1_001])('takes in a batch of %i a part at a time', async (count) => {
    const { script, told } = await start(0);
    await script.give({ records: upTo(count).map((offset) => fromLog(offset)) });
    await vi.waitUntil(() => told.messages.flatMap(([offsets]) => offsets).length === count);
    expect(told.messages).toHaveLength(Math.ceil(count / 500));
    expect(told.messages.flatMap(([offsets]) => offsets)).toEqual(upTo(count));
  });

  it('takes in no more than those who are told have room for', async () => {
    const rooms = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    const { script, told } = await start(0, { whenDrained: () => rooms[asked++]!.promise });
    await script.give({ records: upTo(1_000).map((offset) => fromLog(offset)) });
    await vi.waitUntil(() => asked === 1);
    await nextTurn();
    expect(told.messages).toHaveLength(1);
    rooms[0]!.resolve();
    await vi.waitUntil(() => asked === 2);
    expect(told.messages).toHaveLength(2);
    rooms[1]!.resolve();
  });

  it('keeps the whole of a large value, and tells of its beginning', async () => {
    const { script, history } = await start(0);
    const large = largeRecord(0, 4 * INLINE_BYTES) as LogRecord;
    await script.give({ records: [large] });
    await vi.waitUntil(() => history.count(TOPIC) === 1);
    const parts: Buffer[] = [];
    for (let bytes, part = 0; (bytes = history.part(TOPIC, large, part)); part += 1) parts.push(Buffer.from(bytes));
    expect(Buffer.concat(parts).equals(large.value!)).toBe(true);
  });

  it('keeps within the bounds of the history while it reads', async () => {
    const { script, history } = await start(0, { maxRows: 700 });
    await script.give({ records: upTo(5_000).map((offset) => fromLog(offset)) });
    await vi.waitUntil(() => history.positions(TOPIC).get(0)?.next === 5_000);
    await nextTurn();
    expect(history.count(TOPIC)).toBe(700);
  });

  it('goes on only when what is too much is gone, all parts of it', async () => {
    const { script, history } = await start(0, { maxRows: 1 });
    const empty = history.bytes;
    await script.give({ records: [largeRecord(0, 8 * INLINE_BYTES) as LogRecord] });
    await script.give({ records: [fromLog(1)] });
    await vi.waitUntil(() => history.count(TOPIC) === 1 && history.bytes < empty + 100_000);
  });
});
