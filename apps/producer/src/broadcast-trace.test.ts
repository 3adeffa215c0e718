import { findTraceParent } from '@hello/broadcasts';
import { describe, expect, it, vi } from 'vitest';
import { recordSpans } from '../../service/testing/recorded-spans.ts';
import { createFailingLog } from '../testing/failing-log.ts';
import { BroadcastTrace } from './broadcast-trace.ts';

const said = { text: 'Hello world', environment: 'test', sequence: 1, nextInMs: 1_000 };
const broadcast = { ...said, dueAt: 1_000, sentAt: 1_003 };
const topicLog = () => createFailingLog('t');

describe('BroadcastTrace', () => {
  it('has a span from when the broadcast was due until it was said, and one until the log has it', () => {
    const { spans, recordSpan } = recordSpans();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(50);
    const trace = new BroadcastTrace({ topicLog: topicLog(), broadcast, recordSpan });
    clock.mockReturnValue(62.5);
    trace.noteAppended({ partition: 2, offset: 7, timestamp: 0 });
    clock.mockRestore();
    expect(spans).toMatchObject([
      { name: 'schedule t', kind: 'producer', startedAt: 1_000, tookMs: 3 },
      {
        name: 'append t',
        kind: 'client',
        parent: { spanId: spans[0]!.spanId, traceId: spans[0]!.traceId },
        startedAt: 1_003,
        tookMs: 12.5,
        attributes: { 'messaging.destination.partition.id': '2', 'messaging.kafka.offset': 7 },
      },
    ]);
    expect(spans[0]).not.toHaveProperty('parent');
  });

  it('tells the record the same trace each time, from which others go on', () => {
    const { spans, recordSpan } = recordSpans();
    const trace = new BroadcastTrace({ topicLog: topicLog(), broadcast, recordSpan });
    const [{ traceId, spanId }] = spans as [(typeof spans)[0]];
    expect(findTraceParent(Object.entries(trace.headers))).toEqual({ traceId, spanId, traceFlags: 1 });
    expect(trace.headers).toEqual(trace.headers);
  });

  it('tells the record a trace of its own that is not recorded where nobody records any', () => {
    const traces = [1, 2].map(() => new BroadcastTrace({ topicLog: topicLog(), broadcast, recordSpan: undefined }));
    const told = traces.map(({ headers }) => findTraceParent(Object.entries(headers))!);
    for (const trace of traces) trace.noteAppended({ partition: 0, offset: 0, timestamp: 0 });
    expect(told.map(({ traceFlags }) => traceFlags)).toEqual([0, 0]);
    expect(told[0]!.traceId).not.toBe(told[1]!.traceId);
  });

  it('ends with why, where the log never has the broadcast', () => {
    const { spans, recordSpan } = recordSpans();
    new BroadcastTrace({ topicLog: topicLog(), broadcast, recordSpan }).noteLost('it fell out');
    expect(spans[1]).toMatchObject({ name: 'append t', failure: 'it fell out' });
  });
});
