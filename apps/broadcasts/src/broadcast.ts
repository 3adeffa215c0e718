import { z } from 'zod';

/**
 * What a producer says to everyone. Its fields stand here and nowhere else: what is decoded, a message's fields, the
 * columns of a CSV and the details of the page follow from them, in this order. A record that lacks some, such as one
 * from before they were added, is read with null in their place.
 */
export const BroadcastSchema = z.object({
  /** What is said. Not trusted: whoever shows it must treat it as plain text. */
  text: z.string(),
  /** The environment of the producer, such as `dev`. */
  environment: z.string().max(100),
  /** 1 for the first broadcast of a producer's run, then one more each time. */
  sequence: z.int().positive(),
  /** When the producer said it, in milliseconds since the Unix epoch. */
  sentAt: z.int().nonnegative(),
  /** The wait until the producer's next broadcast, in milliseconds. Not rounded. */
  nextInMs: z.number().nonnegative(),
  /** When it was to be said, in milliseconds since the Unix epoch. `sentAt` is later by as much as the producer was. */
  dueAt: z.int().nonnegative(),
});

export type Broadcast = z.infer<typeof BroadcastSchema>;
