import { findTraceParent, isSampled, messageSpan, placeAttributes, type TopicLog } from '@hello/broadcasts';
import type { RecordSpan } from '@hello/service';
import type { Message } from './history/index.ts';
import { type Instant, thisInstant } from './instant.ts';

/** Where a trace goes on from, and since when. */
interface Stage {
  topicLog: TopicLog;
  parent: ReturnType<RecordSpan>;
  from: Instant;
}

/**
 * The traces of messages as they go on here, of those whose headers say that they are recorded. Of messages that are
 * read together only the first such one goes on: so many may come that spans of each would be most of the work.
 */
export class MessageTraces {
  readonly #recordSpan: RecordSpan;
  /** Those that were read and not yet sent. */
  readonly #read = new WeakMap<Message, Stage>();

  constructor(recordSpan: RecordSpan) {
    this.#recordSpan = recordSpan;
  }

  /** Notes messages that the log gave then, and that the history has just now. */
  noteRead(topicLog: TopicLog, messages: Message[], given: Instant): void {
    for (const message of messages) {
      const traceParent = message.headers && findTraceParent(message.headers);
      if (!traceParent || !isSampled(traceParent)) continue;
      const stage = { topicLog, parent: { ...traceParent, isRemote: true }, from: given };
      this.#read.set(message, this.#record('read', message, stage, messages.length));
      return;
    }
  }

  /** Notes messages that were sent to all who watch just now. */
  noteSent(messages: Message[]): void {
    for (const message of messages) {
      const stage = this.#read.get(message);
      if (stage) this.#record('fan-out', message, stage, messages.length);
    }
  }

  #record(operation: 'read' | 'fan-out', message: Message, stage: Stage, count: number): Stage {
    const { topicLog, parent, from } = stage;
    const end = thisInstant();
    const tookMs = end.since - from.since;
    const span = messageSpan(operation, topicLog, { ...placeAttributes(message), ...countAttribute(count) });
    const next = this.#recordSpan({ ...span, parent, startedAt: from.at, tookMs });
    // Not what the clock says now, which may have been put back meanwhile.
    return { topicLog, parent: next, from: { at: from.at + tookMs, since: end.since } };
  }
}

/** Of one that came alone OpenTelemetry wants no count. */
function countAttribute(count: number): object {
  return count > 1 ? { 'messaging.batch.message_count': count } : {};
}
