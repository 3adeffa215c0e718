/**
 * A place in a topic's history, by which pages are cut: messages are ordered by timestamp, then partition, then offset.
 */
export interface Keyset {
  timestamp: number;
  partition: number;
  offset: number;
}

/** A place in a topic as Kafka knows it. */
export type PartitionOffset = Omit<Keyset, 'timestamp'>;

/** Before and after every place there is. */
export const BEFORE_ALL: Keyset = { timestamp: -1, partition: -1, offset: -1 };
export const AFTER_ALL: Keyset = { timestamp: Number.MAX_SAFE_INTEGER, partition: 0, offset: 0 };

/** The highest partition and offset that there can be. */
const LAST = { partition: 2 ** 31 - 1, offset: Number.MAX_SAFE_INTEGER };

/** What is between two places, both excluded, newest first, or oldest first where it is read forward. */
export interface Span {
  before: Keyset;
  after: Keyset;
  forward: boolean;
}

/** The place from which on a span is read. */
export function startOf({ before, after, forward }: Span): Keyset {
  return forward ? after : before;
}

/** A span from another place on. */
export function spanFrom(place: Keyset, span: Span): Span {
  return span.forward ? { ...span, after: place } : { ...span, before: place };
}

/** As `before`, it leaves what is earlier than a time, in milliseconds since the Unix epoch. */
export function earlierThan(timestamp: number): Keyset {
  return { timestamp, partition: 0, offset: 0 };
}

/** As `after`, it leaves what is later than a time, in milliseconds since the Unix epoch. */
export function laterThan(timestamp: number): Keyset {
  return { timestamp, ...LAST };
}

/** The order of the history. Partitions are in it each in its own order, so what was appended is not sorted by it. */
export function compareKeysets(a: Keyset, b: Keyset): number {
  return a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset;
}

export function earlier(a: Keyset, b: Keyset): Keyset {
  return compareKeysets(a, b) < 0 ? a : b;
}

export function later(a: Keyset, b: Keyset): Keyset {
  return compareKeysets(a, b) > 0 ? a : b;
}
