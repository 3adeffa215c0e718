import { type Broadcast, decodeBroadcast, earliest, type TopicLog } from '@hello/broadcasts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createTestContext, ERROR, WARN } from '../../service/testing/context.ts';
import { recordSpans } from '../../service/testing/recorded-spans.ts';
import { createFailingLog } from '../testing/failing-log.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { type BroadcastConfig, broadcastSettings } from './config.ts';
import { producerMetrics } from './metrics.ts';
import { createProducer } from './producer.ts';

const MINUTE_MS = 60_000;

/** Everything that a topic has. */
async function readAll(topicLog: TopicLog): Promise<Broadcast[]> {
  const [ends] = await topicLog.listOffsets();
  const broadcasts: Broadcast[] = [];
  const stop = new AbortController();
  if (!ends || ends.high === 0) return broadcasts;
  for await (const { records } of topicLog.read({ from: earliest(), signal: stop.signal })) {
    broadcasts.push(...records.map(({ value }) => decodeBroadcast(value) as Broadcast));
    if (records.at(-1)?.offset === ends.high - 1) stop.abort();
  }
  return broadcasts;
}

function start(settings: Partial<BroadcastConfig> = {}, topicLog = createFailingLog()) {
  const context = createTestContext();
  const config = { ...z.object(broadcastSettings).parse({}), ENVIRONMENT: 'test', ...settings };
  const { logger, registry } = context;
  const metrics = producerMetrics(registry, () => [producer.status()]);
  const { spans, recordSpan } = recordSpans();
  const producer = createProducer({ topicLog, config, metrics, logger, recordSpan, random: seededRandom(1) });
  const said = (level: number) => context.lines.filter((line) => line.level === level).map(({ msg }) => msg);
  const metric = async (name: string) => (await context.registry.getSingleMetric(name)!.get()).values[0]!.value;
  return { producer, topicLog, context, said, metric, spans };
}

const sequences = (broadcasts: Broadcast[]): number[] => broadcasts.map(({ sequence }) => sequence);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('createProducer', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('broadcasts exactly Hello world, again and again, and tells when the next one comes', async () => {
    const { producer, topicLog } = start();
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    await producer.close();

    const broadcasts = await readAll(topicLog);
    expect(broadcasts.length).toBeGreaterThan(80);
    expect(sequences(broadcasts)).toEqual(upTo(broadcasts.length));
    for (const [index, { text, environment, sentAt, nextInMs }] of broadcasts.entries()) {
      expect({ text, environment }).toEqual({ text: 'Hello world', environment: 'test' });
      expect(nextInMs).toBeGreaterThanOrEqual(1_000);
      expect(nextInMs).toBeLessThan(10_000);
      const nextAt = broadcasts[index + 1]?.sentAt ?? producer.status().nextAt!;
      // Timers keep whole milliseconds.
      expect(Math.abs(sentAt + nextInMs - nextAt)).toBeLessThanOrEqual(1);
    }
  });

  it('says the text that it was given', async () => {
    const { producer, topicLog, context } = start({ TEXT: 'Good morning' });
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await producer.close();
    expect(new Set((await readAll(topicLog)).map(({ text }) => text))).toEqual(new Set(['Good morning']));
    expect(context.lines.find(({ sequence }) => sequence === 1)!.msg).toMatch(/^Good morning #1, /);
  });

  it('tells when each broadcast was to be said', async () => {
    const { producer, topicLog } = start();
    const first = Math.floor(producer.status().nextAt!);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await producer.close();
    const broadcasts = await readAll(topicLog);
    expect(broadcasts[0]!.dueAt).toBe(first);
    for (const { dueAt, sentAt } of broadcasts) expect(sentAt - dueAt).toBe(0);
  });

  it('counts from 0, and each topic by itself', async () => {
    const { context, metric } = start();
    expect(await metric('broadcasts_appended_total')).toBe(0);
    expect(await metric('broadcasts_dropped_total')).toBe(0);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await context.registry.metrics()).toMatch(/broadcasts_appended_total\{topic="hello-world"\} [1-9]/);
    expect(await context.registry.metrics()).toContain('broadcasts_held{topic="hello-world"} 0');
  });

  it('tells when the log took a broadcast last, which stands still while the log is away', async () => {
    const { producer, topicLog, context, metric } = start();
    expect(await context.registry.metrics()).not.toContain('broadcasts_last_timestamp_seconds{');
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const { sentAt } = producer.status().last!;
    expect(await metric('broadcasts_last_timestamp_seconds')).toBe(sentAt / 1000);
    topicLog.away = true;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(producer.status().last!.sentAt).toBeGreaterThan(sentAt);
    expect(await metric('broadcasts_last_timestamp_seconds')).toBe(sentAt / 1000);
  });

  it('says a readable line for each broadcast', async () => {
    const { context } = start();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const line = context.lines.find(({ sequence }) => sequence === 1)!;
    expect(line.msg).toMatch(/^Hello world #1, to hello-world, next in \d\.\d s$/);
    expect(line).toMatchObject({ partition: 0, offset: 0 });
  });

  it('makes sure of its topic at once, with the settings that it was given', async () => {
    const ensure = vi.fn<TopicLog['ensure']>(async () => []);
    const settings = { TOPIC_PARTITIONS: 3, TOPIC_REPLICATION: 2, TOPIC_RETENTION_HOURS: 24, TOPIC_RETENTION_MIB: 60 };
    start(settings, { ...createFailingLog(), ensure });
    await vi.advanceTimersByTimeAsync(0);
    // The bytes are those of each partition.
    const retention = { retentionMs: 86_400_000, retentionBytes: 20 * 1024 * 1024 };
    expect(ensure.mock.calls).toEqual([[{ partitions: 3, replication: 2, ...retention }]]);
  });

  it('keeps records for ever when the retention is below 0', async () => {
    const ensure = vi.fn<TopicLog['ensure']>(async () => []);
    start({ TOPIC_RETENTION_HOURS: -1, TOPIC_RETENTION_MIB: -1 }, { ...createFailingLog(), ensure });
    expect(ensure.mock.calls[0]![0]).toMatchObject({ retentionMs: -1, retentionBytes: -1 });
  });

  it('keeps records for no longer than it must when the retention is 0', () => {
    const ensure = vi.fn<TopicLog['ensure']>(async () => []);
    start({ TOPIC_RETENTION_HOURS: 0 }, { ...createFailingLog(), ensure });
    expect(ensure.mock.calls[0]![0]).toMatchObject({ retentionMs: 0 });
  });

  it('makes sure of its topic once, though a broadcast is due before that is done', async () => {
    const topicLog = createFailingLog();
    let ensured = 0;
    const slow = {
      ...topicLog,
      async ensure(settings: Parameters<TopicLog['ensure']>[0]) {
        ensured += 1;
        await new Promise((resolve) => setTimeout(resolve, 30_000));
        return topicLog.ensure(settings);
      },
    };
    const { producer, said } = start({}, slow);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(ensured).toBe(1);
    expect(said(30).filter((line) => line === 'topic is there')).toHaveLength(1);
    expect(sequences(await readAll(topicLog))).toEqual(upTo(producer.status().last!.sequence));
  });

  it('says once what could not be made so of the topic, also when it is made sure of again', async () => {
    const { topicLog, said } = start({ TOPIC_PARTITIONS: 2 });
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    topicLog.log.deleteTopic('hello-world');
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(topicLog.ensured).toBe(2);
    expect(said(WARN).filter((line) => line.includes('partition'))).toHaveLength(1);
  });

  it('says what could not be made so of the topic each time that it is another thing', async () => {
    const answers = [['a', 'b'], ['b'], ['a']];
    const topicLog = createFailingLog();
    const { said } = start(
      {},
      {
        ...topicLog,
        ensure: async (settings) => {
          await topicLog.ensure(settings);
          return answers.shift() ?? [];
        },
      },
    );
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    for (let time = 0; time < 2; time += 1) {
      topicLog.log.deleteTopic('hello-world');
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
    }
    expect(answers).toEqual([]);
    expect(said(WARN).filter((line) => line.length === 1)).toEqual(['a', 'b', 'a']);
  });

  it('says each time that the log is away, how many broadcasts it holds, and when the log is back', async () => {
    const { topicLog, context } = start();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    for (let time = 0; time < 2; time += 1) {
      topicLog.away = true;
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      topicLog.away = false;
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
    }
    const lines = context.lines.filter(({ level, held }) => level >= 30 && held !== undefined);
    const trouble = { held: 1, msg: 'the log does not take broadcasts: holding them' };
    const end = { held: expect.any(Number), msg: 'the log is back' };
    expect(lines).toEqual([trouble, end, trouble, end].map((line) => expect.objectContaining(line)));
  });

  it('loses nothing, doubles nothing and keeps the order when the log is away for a while', async () => {
    const { producer, topicLog, context, said, metric } = start();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const before = producer.status().last!.sequence;
    topicLog.away = true;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const { last, held } = producer.status();
    expect(last!.sequence).toBeGreaterThan(before + 5);
    expect(held).toBe(last!.sequence - before);
    expect(await metric('broadcasts_held')).toBe(held);
    // The first of them came at most 10 s after the log went.
    expect(await metric('broadcasts_held_oldest_seconds')).toBeGreaterThan(50);
    expect(await metric('broadcasts_held_oldest_seconds')).toBeLessThanOrEqual(60);
    expect(await readAll(topicLog)).toHaveLength(before);

    topicLog.away = false;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await producer.close();
    const broadcasts = await readAll(topicLog);
    expect(sequences(broadcasts)).toEqual(upTo(producer.status().last!.sequence));
    expect(await metric('broadcasts_appended_total')).toBe(broadcasts.length);
    expect(await metric('broadcasts_held')).toBe(0);
    expect(await metric('broadcasts_held_oldest_seconds')).toBe(0);
    expect(await metric('broadcast_append_failures_total')).toBeGreaterThan(20);
    const text = await context.registry.metrics();
    expect(text).toContain(`broadcast_append_duration_seconds_count ${broadcasts.length}\n`);
    // What was held is in none of the short ones.
    expect(text).toContain(`broadcast_append_duration_seconds_bucket{le="0.025"} ${broadcasts.length - held}\n`);
    // One line for the trouble, one for its end.
    expect(said(WARN)).toEqual(['the log does not take broadcasts: holding them']);
    expect(said(30).filter((line) => line === 'the log is back')).toHaveLength(1);
  });

  it('starts while the log is away, and delivers from the first broadcast on when it comes', async () => {
    const topicLog = createFailingLog();
    topicLog.away = true;
    const { producer, said } = start({}, topicLog);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(said(WARN)).toEqual(['the log is not there yet', 'the log does not take broadcasts: holding them']);
    topicLog.away = false;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(sequences(await readAll(topicLog))).toEqual(upTo(producer.status().last!.sequence));
  });

  it('creates its topic again when somebody deleted it, and delivers what was due', async () => {
    const { producer, topicLog } = start();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const { sequence } = producer.status().last!;
    topicLog.log.deleteTopic('hello-world');
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const all = upTo(producer.status().last!.sequence);
    expect(sequences(await readAll(topicLog))).toEqual(all.slice(sequence));
  });

  it('lets broadcasts fall out when more than the limit are held; it counts them and says which', async () => {
    const topicLog = createFailingLog();
    topicLog.away = true;
    const { producer, context, metric, spans } = start({ OUTBOX_LIMIT: 3 }, topicLog);
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(producer.status().held).toBe(3);
    const latest = producer.status().last!.sequence;
    topicLog.away = false;
    await producer.close();
    const delivered = sequences(await readAll(topicLog));
    const all = upTo(producer.status().last!.sequence);
    expect(delivered).toEqual([1, latest - 1, latest]);

    const lost = all.filter((sequence) => !delivered.includes(sequence));
    expect(await metric('broadcasts_dropped_total')).toBe(lost.length);
    const errors = context.lines.filter(({ level }) => level === ERROR);
    expect(errors.map(({ sequence }) => sequence)).toEqual(lost);
    const failures = spans.flatMap(({ failure }) => failure ?? []);
    expect(failures).toEqual(lost.map(() => 'it fell out of the full outbox'));
  });

  it('shows its last and next broadcast', async () => {
    const { producer, topicLog } = start();
    expect(producer.status()).toEqual({
      topic: 'hello-world',
      environment: 'test',
      last: null,
      held: 0,
      heldForMs: 0,
      nextAt: expect.any(Number),
    });
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const { last, nextAt } = producer.status();
    expect(last).toEqual((await readAll(topicLog)).at(-1));
    expect(nextAt).toBe(last!.sentAt + last!.nextInMs);
    expect(nextAt).toBeGreaterThan(Date.now());
  });

  describe('is not ready', () => {
    it('before its topic is known to be there', async () => {
      const { producer } = start();
      expect(producer.notReady()).toBe('the topic hello-world is not known to be there');
      await vi.advanceTimersByTimeAsync(0);
      expect(producer.notReady()).toBeUndefined();
    });

    it('while it holds broadcasts that the log does not take', async () => {
      const { producer, topicLog } = start();
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      topicLog.away = true;
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      const { held } = producer.status();
      expect(producer.notReady()).toBe(`the log does not take broadcasts; ${held} are held`);
      topicLog.away = false;
      await vi.advanceTimersByTimeAsync(2_000);
      expect(producer.notReady()).toBeUndefined();
    });
  });

  describe('when it is closed', () => {
    it('broadcasts no more and leaves no timer', async () => {
      const { producer, topicLog } = start();
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      await producer.close();
      const { length } = await readAll(topicLog);
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      expect(await readAll(topicLog)).toHaveLength(length);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('delivers what it holds, if the log takes it now', async () => {
      const { producer, topicLog } = start();
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      topicLog.away = true;
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      topicLog.away = false;
      await producer.close();
      expect(sequences(await readAll(topicLog))).toEqual(upTo(producer.status().last!.sequence));
    });

    it('says nothing of lost broadcasts where none is', async () => {
      const { producer, context } = start();
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      await producer.close();
      expect(context.lines.filter(({ level }) => level >= ERROR)).toEqual([]);
    });

    it('says that a single broadcast is lost', async () => {
      const { producer, topicLog, context } = start();
      topicLog.away = true;
      while (producer.status().held === 0) await vi.advanceTimersByTimeAsync(100);
      await producer.close();
      expect(context.lines.find(({ level }) => level === ERROR)).toMatchObject({ lost: 1 });
    });

    it('waits for the topic that is being made', async () => {
      const made = Promise.withResolvers<string[]>();
      const { producer } = start({}, { ...createFailingLog(), ensure: () => made.promise });
      let isClosed = false;
      const closed = producer.close().finally(() => (isClosed = true));
      await vi.advanceTimersByTimeAsync(0);
      expect(isClosed).toBe(false);
      made.resolve([]);
      await closed;
    });

    it('waits no longer than a second for a log that answers nothing, and says what is lost', async () => {
      const hanging = new Promise<never>(() => {});
      const { producer, context } = start({}, { ...createFailingLog(), append: () => hanging });
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      const { held } = producer.status();
      const closed = producer.close();
      await vi.advanceTimersByTimeAsync(1_000);
      await closed;
      expect(context.lines.find(({ level }) => level === ERROR)).toMatchObject({ lost: held });
    });

    it('says how many broadcasts are lost with it, without waiting for the log', async () => {
      const { producer, topicLog, context } = start();
      topicLog.away = true;
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      const { held } = producer.status();
      await producer.close();
      const error = context.lines.find(({ level }) => level === ERROR);
      expect(error).toMatchObject({ lost: held, msg: 'broadcasts that the log did not confirm are lost' });
    });
  });
});
