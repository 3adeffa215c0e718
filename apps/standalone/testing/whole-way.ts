import { expect } from 'vitest';
import type { OtlpReceiver, ReceivedSpan } from '../../service/testing/otlp-receiver.ts';

type Way = Record<'schedule' | 'append', ReceivedSpan> & Record<'read' | 'fanOut', ReceivedSpan[]>;

/** Expects the spans of a message's whole way, read by so many consumers, with the right parents and times in order. */
export async function expectWholeWay(
  receiver: OtlpReceiver,
  traceId: string,
  { topic, system, consumers = 1 }: { topic: string; system: string; consumers?: number },
): Promise<Way> {
  const spans = await receiver.trace(traceId, 2 + 2 * consumers);
  const named = (name: string): ReceivedSpan[] => spans.get(name) ?? [];
  const [[schedule], [append], read, fanOut] = ['schedule', 'append', 'read', 'fan-out'].map(named) as [
    [ReceivedSpan],
    [ReceivedSpan],
    ReceivedSpan[],
    ReceivedSpan[],
  ];
  expect([...spans].map(([name, all]) => [name, all.length])).toEqual(
    expect.arrayContaining([['schedule', 1], ['append', 1], ['read', consumers], ['fan-out', consumers]]), // prettier-ignore
  );
  for (const { name, start, end, attributes } of [schedule, append, ...read, ...fanOut]) {
    expect(name).toMatch(new RegExp(`^[a-z-]+ ${topic}$`));
    expect(attributes).toMatchObject({ 'messaging.system': system, 'messaging.destination.name': topic });
    expect(end).toBeGreaterThanOrEqual(start);
  }
  expect(schedule).toMatchObject({ kind: 'producer', parentSpanId: undefined });
  expect(append).toMatchObject({ kind: 'client', parentSpanId: schedule.spanId });
  expect(append.start).toBeGreaterThanOrEqual(schedule.end);
  for (const span of read) {
    expect(span).toMatchObject({ kind: 'consumer', parentSpanId: schedule.spanId });
    expect(span.start).toBeGreaterThanOrEqual(append.start);
    const next = fanOut.find(({ parentSpanId }) => parentSpanId === span.spanId)!;
    expect(next).toMatchObject({ kind: 'internal', resource: span.resource, start: span.end });
  }
  const place = (span: ReceivedSpan) =>
    ['partition.id', 'offset'].map((name) => Object.entries(span.attributes).find(([key]) => key.endsWith(name)));
  for (const span of [...read, ...fanOut]) expect(place(span)).toEqual(place(append));
  return { schedule, append, read, fanOut };
}
