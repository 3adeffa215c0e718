import { endOfBatches } from './batch-header.ts';
import type { FetchedPartition } from './kafka-fetch.ts';
import type { TopicSubscription } from './kafka-subscription.ts';
import type { Position } from './positions.ts';
import type { PartitionOffsets } from './topic-log.ts';

/** One partition of a subscription: where it is fetched from, and what its reader was told of it. */
export class SubscribedPartition {
  readonly subscription: TopicSubscription;
  readonly id: number;
  /** The id of the broker that leads it; nothing until that is known (again). */
  leader: number | undefined;
  /** Whether a fetch of it is on its way. */
  isInFlight = false;
  #position: number;
  /** The record that was read last, which is fetched once more: it must be the same, or the topic is not. */
  #anchor: Position | undefined;
  #told = '';

  /** Begins where the position is, or at the first record. */
  constructor(subscription: TopicSubscription, id: number, position: Position | undefined) {
    this.subscription = subscription;
    this.id = id;
    this.#anchor = position;
    this.#position = position ? position.next - 1 : 0;
  }

  /** The topic's id and its own: the same for every subscription of the topic. */
  get key(): string {
    return `${this.subscription.id}/${this.id}`;
  }

  /** The fetch position: the offset that is asked for next. */
  get position(): number {
    return this.#position;
  }

  /** The offset behind the record that was read last, before which the log of the same topic cannot end. */
  get readTo(): number {
    return this.#anchor?.next ?? this.#position;
  }

  /** Whether a fetch tells that the log ends before the record that was read last. */
  isBeyond({ errorCode, high }: FetchedPartition): boolean {
    return errorCode === 0 && this.#anchor !== undefined && high < this.#anchor.next;
  }

  /** Hands on what was fetched. Answers whether there was something. */
  deliver({ low, high, aborted, bytes }: FetchedPartition): boolean {
    this.subscription.recover(this.id);
    if (bytes.length === 0) {
      this.#tell({ low, high });
      return false;
    }
    const { subscription, id, position: from } = this;
    const next = endOfBatches(bytes, { from, high });
    // A copy of its own: the response has the bytes of many, and the reader of one may be slow.
    const batches = { topic: subscription.topic, partition: id, bytes: Buffer.from(bytes), from, high, next, aborted };
    const anchor = this.#anchor;
    this.#position = next;
    this.#anchor = undefined;
    // What came while the broker answered is there, too.
    const offsets = { partition: id, low, high: Math.max(high, next) };
    this.#told = toldOf(offsets, next);
    subscription.put({ offsets, next, anchor, batches });
    return true;
  }

  /** Goes on at the first record that is left, where retention was faster than the reader. */
  resetTo({ low, high }: PartitionOffsets): void {
    this.#position = low;
    this.#anchor = undefined;
    this.#tell({ low, high });
  }

  /** Tells how far it is read where nothing came, when that is news. */
  #tell({ low, high }: { low: number; high: number }): void {
    const { id, position: next } = this;
    const offsets = { partition: id, low, high };
    const told = toldOf(offsets, next);
    // Until the anchor is found again it is not sure how far the topic is read.
    if (this.#anchor || told === this.#told) return;
    this.#told = told;
    this.subscription.put({ offsets, next, anchor: undefined, batches: undefined });
  }
}

const toldOf = ({ low, high }: PartitionOffsets, next: number): string => `${low}/${high}/${next}`;
