import { topicName } from '@hello/broadcasts';
import { decimal, integer, text } from '@hello/service';
import type { z } from 'zod';

/** What the producer broadcasts, how often, and what its topic is like. */
export const broadcastSettings = {
  ENVIRONMENT: text(100).default('local'),
  TEXT: text(1000).default('Hello world'),
  TOPIC: topicName.default('hello-world'),
  WAIT_MIN_SECONDS: decimal(0.001, 86_400).default(1),
  WAIT_MAX_SECONDS: decimal(0.001, 86_400).default(10),
  TOPIC_PARTITIONS: integer(1, 1000).default(1),
  TOPIC_REPLICATION: integer(1, 32_767).default(1),
  TOPIC_RETENTION_HOURS: integer(-1, 1_000_000).default(168),
  TOPIC_RETENTION_MIB: integer(-1, 1_000_000_000).default(256),
  OUTBOX_LIMIT: integer(1, 1_000_000).default(10_000),
};

export type BroadcastConfig = z.infer<z.ZodObject<typeof broadcastSettings>>;

/** What does not fit together: a list of `[variable, what is wrong]`. */
export function checkBroadcastSettings({
  WAIT_MIN_SECONDS: min,
  WAIT_MAX_SECONDS: max,
}: Pick<BroadcastConfig, 'WAIT_MIN_SECONDS' | 'WAIT_MAX_SECONDS'>): [variable: string, problem: string][] {
  return min > max ? [['WAIT_MIN_SECONDS', `must not be above WAIT_MAX_SECONDS, but ${min} is above ${max}`]] : [];
}
