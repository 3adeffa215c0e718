import type { PositionsObject } from '@hello/broadcasts';
import type { CatchUp } from '../../consumer/src/live/server-events.ts';
import type { Message } from '../../consumer/src/history/message.ts';

/**
 * What a client showed without a gap in between: from its first messages on, or from where the server said that some
 * are missing, or that the topic is another one.
 */
export interface Stretch {
  /**
   * Partition -> the offset of the first record that belongs to it; one that is missing here belongs to it as a whole.
   */
  from: Record<number, number>;
  shown: Message[];
}

/** The stretch that a catch-up begins: with its first message of each partition, or else with what comes after it. */
export function beginStretch({ messages, positions }: CatchUp): Stretch {
  const from = Object.fromEntries(Object.entries(positions).map(([partition, { next }]) => [partition, next]));
  for (const { partition, offset } of messages) from[partition] = Math.min(from[partition] ?? offset, offset);
  return { from, shown: [] };
}

/** Positions after a message. */
export function advance(positions: PositionsObject, { partition, offset, timestamp }: Message): void {
  positions[partition] = { next: offset + 1, timestamp };
}
