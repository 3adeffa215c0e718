import { z } from 'zod';

/** The names that Kafka takes for a topic. @see https://kafka.apache.org/documentation/#topicconfigs */
export const topicName = z
  .string()
  .regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/, 'expected 1 to 249 letters, digits, dots, underscores or hyphens');
