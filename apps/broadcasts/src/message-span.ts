import type { TopicLog } from './topic-log.ts';

/** What is done with a message, in order, as spans are called after it. */
type Operation = 'schedule' | 'append' | 'read' | 'fan-out';

const KINDS = { schedule: 'producer', append: 'client', read: 'consumer', 'fan-out': 'internal' } as const;
/** As OpenTelemetry calls it; to send on what was read has no name there. */
const TYPES = { schedule: 'create', append: 'send', read: 'process', 'fan-out': undefined };

/** What the spans of messages have in common. @see https://opentelemetry.io/docs/specs/semconv/messaging/ */
export function messageSpan(
  operation: Operation,
  { topic, system }: Pick<TopicLog, 'topic' | 'system'>,
  attributes: object = {},
) {
  return {
    name: `${operation} ${topic}`,
    kind: KINDS[operation],
    attributes: {
      'messaging.system': system,
      'messaging.destination.name': topic,
      'messaging.operation.name': operation,
      'messaging.operation.type': TYPES[operation],
      ...attributes,
    },
  };
}

/** Where a record is, as attributes of a span. */
export function placeAttributes({ partition, offset }: { partition: number; offset: number }) {
  return { 'messaging.destination.partition.id': String(partition), 'messaging.kafka.offset': offset };
}
