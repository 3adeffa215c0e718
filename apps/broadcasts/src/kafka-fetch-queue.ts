import type { SubscribedPartition } from './kafka-partition.ts';

/** The partitions of all subscriptions, in the order in which they are fetched: who had something goes to the end. */
export class FetchQueue {
  readonly #partitions = new Set<SubscribedPartition>();
  #changed = Promise.withResolvers<void>();
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the leader of each partition is known. */
  get hasLeaders(): boolean {
    return [...this.#partitions].every(({ leader }) => leader !== undefined);
  }

  has(partition: SubscribedPartition): boolean {
    return this.#partitions.has(partition);
  }

  /** Puts a partition at the end, unless it is there. */
  add(partition: SubscribedPartition): void {
    this.#partitions.add(partition);
  }

  delete(partition: SubscribedPartition): void {
    this.#partitions.delete(partition);
  }

  moveToEnd(partition: SubscribedPartition): void {
    this.#partitions.delete(partition);
    this.#partitions.add(partition);
  }

  /**
   * What can be fetched from a broker at once: no fetch of it is on its way, and its reader has less than so many bytes
   * to take. A request has each only once.
   */
  claim(broker: number, bytes: number): SubscribedPartition[] {
    const claimed = new Map<string, SubscribedPartition>();
    for (const partition of this.#partitions) {
      const { subscription, leader, isInFlight, key } = partition;
      if (leader === broker && !isInFlight && subscription.bytes < bytes && !claimed.has(key))
        claimed.set(key, partition);
    }
    for (const partition of claimed.values()) partition.isInFlight = true;
    return [...claimed.values()];
  }

  /** Takes back what was claimed, whatever came of it. */
  release(claimed: SubscribedPartition[]): void {
    for (const partition of claimed) partition.isInFlight = false;
    this.wake();
  }

  /** How many partitions a broker leads. */
  count(broker: number): number {
    let count = 0;
    for (const { leader } of this.#partitions) if (leader === broker) count += 1;
    return count;
  }

  /** Resolves when more may be claimed than before, or nothing ever again. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Lets those look again who wait for a change. */
  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  close(): void {
    this.#isClosed = true;
    this.wake();
  }
}
