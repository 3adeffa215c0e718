import { randomBytes } from 'node:crypto';

/** The header of a record that says which trace the record is of. @see https://www.w3.org/TR/trace-context/ */
export const TRACE_PARENT = 'traceparent';

/** A span of a trace, from which the trace goes on. It is what OpenTelemetry calls a SpanContext. */
export interface TraceParent {
  /** 32 digits in hexadecimal. */
  traceId: string;
  /** 16 digits in hexadecimal. */
  spanId: string;
  /** 1 in its last bit says that the trace is recorded. */
  traceFlags: number;
}

/** Of a version that is not known yet there may be more, after a dash. */
const FORMAT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?=-|$)/;
const VERSION = '00';
const LENGTH = 55;
const SAMPLED = 1;

/** Begins a trace that nobody records: it tells what belongs together all the same. */
export function drawTraceParent(): TraceParent {
  return { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: 0 };
}

export function formatTraceParent({ traceId, spanId, traceFlags }: TraceParent): string {
  return `${VERSION}-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/**
 * The trace that headers name. Nothing where they name none, or more than one, or in a way that is not W3C's: such a
 * header is as none.
 *
 * @param headers each with its text, or something else where that is none.
 */
export function findTraceParent(
  headers: readonly (readonly [name: string, value: unknown])[],
): TraceParent | undefined {
  let found: unknown;
  let count = 0;
  for (const [name, value] of headers) {
    if (name !== TRACE_PARENT) continue;
    found = value;
    count += 1;
  }
  return count === 1 && typeof found === 'string' ? parseTraceParent(found) : undefined;
}

/** Whether spans of the trace are recorded. */
export function isSampled({ traceFlags }: TraceParent): boolean {
  return (traceFlags & SAMPLED) !== 0;
}

function parseTraceParent(text: string): TraceParent | undefined {
  const [, version, traceId, spanId, flags] = FORMAT.exec(text) ?? [];
  if (version === undefined || (version === VERSION && text.length > LENGTH)) return undefined;
  return { traceId: traceId!, spanId: spanId!, traceFlags: Number.parseInt(flags!, 16) };
}
