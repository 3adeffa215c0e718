/** A place in a topic's history, by which pages are cut: messages are ordered by timestamp, then partition, then offset. */
export interface Keyset {
  timestamp: number;
  partition: number;
  offset: number;
}

/** Before and after every place there is. */
export const BEFORE_ALL: Keyset = { timestamp: -1, partition: -1, offset: -1 };
export const AFTER_ALL: Keyset = { timestamp: Number.MAX_SAFE_INTEGER, partition: 0, offset: 0 };

/** The order of the history. Partitions are in it each in its own order, so what was appended is not sorted by it. */
export function compareKeysets(a: Keyset, b: Keyset): number {
  return a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset;
}
