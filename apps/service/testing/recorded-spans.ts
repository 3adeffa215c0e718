import { randomBytes } from 'node:crypto';
import type { RecordSpan, Span } from '../src/index.ts';

/** Records spans in memory: all that are sampled, as those are whose trace begins here. */
export function recordSpans(): { spans: (Span & { traceId: string; spanId: string })[]; recordSpan: RecordSpan } {
  const spans: (Span & { traceId: string; spanId: string })[] = [];
  const recordSpan: RecordSpan = (span) => {
    const { traceId = randomBytes(16).toString('hex') } = span.parent ?? {};
    const spanId = randomBytes(8).toString('hex');
    spans.push({ ...span, traceId, spanId });
    return { traceId, spanId, traceFlags: 1 };
  };
  return { spans, recordSpan };
}
