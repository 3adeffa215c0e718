import { topicName } from '@hello/broadcasts';
import { decimal, integer, list } from '@hello/service';
import { z } from 'zod';

/** What the consumer shows, and how much it keeps. */
export const consumerSettings = {
  ENVIRONMENT: z.string().max(100).default('local'),
  BANNER: z.string().max(200).default('Hello World!'),
  TOPICS: list(topicName).default(['hello-world']),
  HISTORY_MAX_HOURS: decimal(0.001, 1_000_000).default(168),
  HISTORY_MAX_ROWS: integer(1, 100_000_000).default(1_000_000),
  WATCHDOG_SECONDS: decimal(1, 86_400).default(60),
  PAGE_DIR: z.string().optional(),
};

export type ConsumerConfig = z.infer<z.ZodObject<typeof consumerSettings>>;
