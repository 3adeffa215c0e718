import type { OutgoingRecord } from '@hello/broadcasts';
import { describe, expect, it, vi } from 'vitest';
import { createTestContext } from '../../service/testing/context.ts';
import { recordSpans } from '../../service/testing/recorded-spans.ts';
import { Client } from '../testing/client.ts';
import { openLog, startConsumer, withTopic } from '../testing/consumer.ts';
import { message } from '../testing/message.ts';
import { thisInstant } from './instant.ts';
import { MessageTraces } from './message-traces.ts';

const TOPIC = 'hello-world';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

const named = (flags = '01', traceId = TRACE) => `00-${traceId}-${SPAN}-${flags}`;
const traced = (offset: number, traceparent = named()) => ({
  ...message(offset),
  headers: [['traceparent', traceparent]] as [string, string][],
});

async function start() {
  const { spans, recordSpan } = recordSpans();
  const log = await openLog(TOPIC);
  return { spans, log, topicLog: log.topic(TOPIC), traces: new MessageTraces(recordSpan), recordSpan };
}

describe('MessageTraces', () => {
  it('goes on with the trace that a message names, from when the log gave it until all were sent it', async () => {
    const { traces, topicLog, spans } = await start();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(100);
    const given = { ...thisInstant(), at: 5_000 };
    clock.mockReturnValue(103.5);
    traces.noteRead(topicLog, [traced(3)], given);
    clock.mockRestore();
    expect(spans).toMatchObject([
      {
        name: 'read hello-world',
        kind: 'consumer',
        parent: { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true },
        startedAt: 5_000,
        tookMs: 3.5,
        attributes: { 'messaging.destination.partition.id': '0', 'messaging.kafka.offset': 3 },
      },
    ]);
    expect(spans[0]!.attributes).not.toHaveProperty('messaging.batch.message_count');
  });

  it('begins to send where reading ended, whatever the clock of the machine did', async () => {
    const { traces, topicLog, spans } = await start();
    const first = traced(0);
    traces.noteRead(topicLog, [first], thisInstant());
    const clock = vi.spyOn(Date, 'now').mockReturnValue(1);
    traces.noteSent([first]);
    clock.mockRestore();
    const [read, fanOut] = spans as [(typeof spans)[0], (typeof spans)[0]];
    expect(fanOut).toMatchObject({ name: 'fan-out hello-world', kind: 'internal', parent: { spanId: read.spanId } });
    expect(fanOut.startedAt).toBe(read.startedAt + read.tookMs);
    for (const { tookMs } of spans) expect(tookMs).toBeGreaterThanOrEqual(0);
  });

  it('has the spans of the first of several that is recorded, with how many there were', async () => {
    const { traces, topicLog, spans } = await start();
    const batch = [message(0), traced(1, named('00')), traced(2), traced(3), traced(4)];
    traces.noteRead(topicLog, batch, thisInstant());
    traces.noteSent(batch.slice(0, 2));
    traces.noteSent(batch.slice(2));
    expect(spans.map(({ name, attributes }) => [name, attributes['messaging.kafka.offset']])).toEqual([
      ['read hello-world', 2],
      ['fan-out hello-world', 2],
    ]);
    expect(spans.map(({ attributes }) => attributes['messaging.batch.message_count'])).toEqual([5, 3]);
  });

  it('has no spans of what is not recorded, or not a trace', async () => {
    const { traces, topicLog, spans } = await start();
    const batch = [message(0), traced(1, named('00')), traced(2, named().toUpperCase()), traced(3, 'x'.repeat(16_000))];
    traces.noteRead(topicLog, batch, thisInstant());
    traces.noteSent(batch);
    expect(spans).toEqual([]);
  });
});

describe('a consumer with traces', () => {
  it('goes on with what comes live, whoever sent it, and with nothing that it read before', async () => {
    const { log, topicLog, spans, recordSpan } = await start();
    const append = (headers: OutgoingRecord['headers'] = {}) =>
      topicLog.append({ key: 'other', value: Buffer.from('{"some":"program"}'), headers });
    const ids = ['1', '2', '3'].map((digit) => digit.repeat(32));
    await append({ traceparent: named('01', ids[0]) });
    const { url } = await startConsumer(log, {}, 0, { ...createTestContext(), recordSpan });
    const client = new Client(url);
    await client.until(({ messages }) => messages.length === 1);
    for (const odd of ['', named('01', '0'.repeat(32)), `ff${named().slice(2)}`, '0'.repeat(1_000_000)])
      await append({ traceparent: odd });
    await append({ traceparent: named('00', ids[1]) });
    await append({ traceparent: named('01', ids[2]), tracestate: 'a=b' });
    await client.until(({ messages }) => messages.length === 7);
    await expect
      .poll(() => spans.map(({ name, traceId }) => [name, traceId]))
      .toEqual([
        ['read hello-world', ids[2]],
        ['fan-out hello-world', ids[2]],
      ]);
  });

  it('leaves out messages before which others were lost', async () => {
    const { log, topicLog, spans, recordSpan } = await start();
    const append = (name: string) =>
      topicLog.append({ key: 'k', value: Buffer.from(name), headers: { traceparent: named() } });
    // Of the second record retention is faster than the reader.
    const lossy = withTopic(log, (real) => ({
      async *read(options) {
        for await (const batch of real.read(options)) {
          const progress = batch.progress.map((each) => ({ ...each, low: each.next > 2 ? 2 : 0 }));
          const records = batch.records.filter(({ offset }) => offset !== 1);
          if (records.length > 0) yield { ...batch, records, progress };
        }
      },
    }));
    const { url } = await startConsumer(lossy, {}, 0, { ...createTestContext(), recordSpan });
    const client = new Client(url);
    for (const [index, name] of ['a', 'lost', 'after the loss', 'b'].entries()) {
      await append(name);
      if (name !== 'lost') await client.until(({ messages }) => messages.at(-1)?.offset === index);
    }
    await expect.poll(() => spans.map(({ attributes }) => attributes['messaging.kafka.offset'])).toEqual([0, 0, 3, 3]);
  });
});
