import {
  type Appended,
  type Broadcast,
  drawTraceParent,
  formatTraceParent,
  messageSpan,
  placeAttributes,
  type TopicLog,
  TRACE_PARENT,
  type TraceParent,
} from '@hello/broadcasts';
import type { RecordSpan } from '@hello/service';

interface BroadcastTraceOptions {
  topicLog: TopicLog;
  broadcast: Broadcast;
  recordSpan: RecordSpan | undefined;
}

/**
 * The trace of a broadcast, which begins when it is said. Its record tells it to whoever reads, also where nobody
 * records it.
 */
export class BroadcastTrace {
  readonly #options: BroadcastTraceOptions;
  readonly #parent: TraceParent;
  /** By `performance.now`. */
  readonly #saidSince = performance.now();

  constructor(options: BroadcastTraceOptions) {
    this.#options = options;
    const { topicLog, broadcast, recordSpan } = options;
    const { dueAt, sentAt } = broadcast;
    const schedule = { ...messageSpan('schedule', topicLog), startedAt: dueAt, tookMs: sentAt - dueAt };
    this.#parent = recordSpan?.(schedule) ?? drawTraceParent();
  }

  /** Headers by which the trace goes on. */
  get headers(): Record<string, string> {
    return { [TRACE_PARENT]: formatTraceParent(this.#parent) };
  }

  /** Notes that the log has it. */
  noteAppended(place: Appended): void {
    this.#recordAppend(placeAttributes(place));
  }

  /** Notes that the log will never have it. */
  noteLost(failure: string): void {
    this.#recordAppend({}, { failure });
  }

  #recordAppend(attributes: object, failed: { failure?: string } = {}): void {
    const { topicLog, broadcast, recordSpan } = this.#options;
    recordSpan?.({
      ...messageSpan('append', topicLog, attributes),
      ...failed,
      parent: this.#parent,
      startedAt: broadcast.sentAt,
      tookMs: performance.now() - this.#saidSince,
    });
  }
}
