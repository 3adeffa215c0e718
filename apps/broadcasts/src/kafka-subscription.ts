import { SubscribedPartition } from './kafka-partition.ts';
import type { Position, Positions } from './positions.ts';
import type { FetchedBatches } from './record-batch.ts';
import type { PartitionOffsets } from './topic-log.ts';

/** What was fetched of a partition, with its offsets at that time. */
export interface Fetched {
  offsets: PartitionOffsets;
  /** The offset that is read next after this. */
  next: number;
  anchor: Position | undefined;
  /** Nothing where there was nothing to read. */
  batches: FetchedBatches | undefined;
}

/** The subscription of one reader to a topic, and what was fetched for it and not yet taken. */
export class TopicSubscription {
  readonly topic: string;
  readonly partitions = new Map<number, SubscribedPartition>();
  /** The topic's, once it is known. */
  id: string | undefined;
  readonly #problems = new Set<string>();
  readonly #unwell = new Set<number | 'topic'>();
  readonly #positions: Positions;
  readonly #queue: (Fetched | 'restarted')[] = [];
  #bytes = 0;
  #changed = Promise.withResolvers<void>();

  constructor(topic: string, positions: Positions) {
    this.topic = topic;
    this.#positions = positions;
  }

  /** Bytes that were fetched and not yet taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Begins with a partition that was not known before, where its position is, or at its first record. */
  add(id: number): SubscribedPartition {
    const partition = new SubscribedPartition(this, id, this.#positions.get(id));
    this.partitions.set(id, partition);
    return partition;
  }

  /** Whether its positions are of a topic with more partitions, which none can lose. */
  isOfMore(partitions: number): boolean {
    return [...this.#positions.entries()].some(([id]) => id >= partitions);
  }

  /**
   * Notes why a partition, or all of the topic, cannot be read. Answers whether that is news: it is not, until all can
   * be read again.
   */
  complain(reason: string, what: number | 'topic'): boolean {
    this.#unwell.add(what);
    const isNew = !this.#problems.has(reason);
    this.#problems.add(reason);
    return isNew;
  }

  /** Notes that it can be read. */
  recover(what: number | 'topic'): void {
    this.#unwell.delete(what);
    if (this.#unwell.size === 0) this.#problems.clear();
  }

  /** Takes what was fetched of a partition. */
  put(fetched: Fetched): void {
    this.#bytes += fetched.batches?.bytes.length ?? 0;
    this.#queue.push(fetched);
    this.#wake();
  }

  /** The topic is not the one that it was: all starts over. */
  restart(): void {
    this.#positions.clear();
    this.partitions.clear();
    this.#unwell.clear();
    this.id = undefined;
    this.#bytes = 0;
    this.#queue.length = 0;
    this.#queue.push('restarted');
    this.#wake();
  }

  /** What comes next, as soon as there is something; nothing when the signal aborts. */
  async take(signal: AbortSignal): Promise<Fetched | 'restarted' | undefined> {
    const abort = (): void => this.#wake();
    signal.addEventListener('abort', abort);
    while (this.#queue.length === 0 && !signal.aborted) await this.#changed.promise;
    signal.removeEventListener('abort', abort);
    if (signal.aborted) return undefined;
    const first = this.#queue.shift();
    if (first && first !== 'restarted') this.#bytes -= first.batches?.bytes.length ?? 0;
    return first;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
