import type { Attributes, SpanContext } from '@opentelemetry/api';

/** A part of a trace that is over. */
export interface Span {
  name: string;
  kind: 'internal' | 'producer' | 'client' | 'consumer';
  /** What it goes on from; without it a trace begins. */
  parent?: SpanContext;
  /** When it began, in milliseconds since the Unix epoch. */
  startedAt: number;
  /** How long it took, in milliseconds. Not the difference of two times of day: clocks are put back. */
  tookMs: number;
  attributes: Attributes;
  /** Why it failed, in words, where it did. */
  failure?: string;
}

/** Records a span. Answers with what spans go on from. */
export type RecordSpan = (span: Span) => SpanContext;
