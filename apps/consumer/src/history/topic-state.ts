import { Positions } from '@hello/broadcasts';
import type { Keyset } from './keyset.ts';
import { type HistoryRecord, weightOf } from './record.ts';
import { Timeline } from './timeline.ts';

/** What is known of a record that is deleted. */
export interface Deleted extends Keyset {
  /** Bytes that were kept in its row. */
  weight: number;
  /** Bytes of its value, where that was kept in parts. */
  value_size: number | null;
}

/** Why there is no record at a place: it was there, was never there, or is not there yet. */
export type Absence = 'evicted' | 'absent' | 'ahead';

/** What is known of a topic without a look at its records, which it counts in and out. */
export class TopicState {
  /** By which its records are found: another one each time that the topic was created anew. */
  readonly id: number;
  readonly name: string;
  /** How far it was read. */
  readonly positions = new Positions();
  /** Partitions that it is known to have. */
  readonly partitions = new Set<number>();
  /** How many of its records are there at which time. */
  readonly timeline = new Timeline();
  /** How many records there are. */
  count = 0;
  /** What they weigh, with the values that are kept in parts. */
  bytes = 0;
  /** Another number after each change. */
  version: number;
  /**
   * The time from which on nothing was evicted, in milliseconds since the Unix epoch; null where nothing was.
   */
  completeSince: number | null = null;
  /** Partition -> the offset from which on nothing is gone, where something is. */
  readonly #lowWatermarks = new Map<number, number>();

  constructor(id: number, name: string, version = 0) {
    this.id = id;
    this.name = name;
    this.version = version;
  }

  /** Counts in those of some records, in the log's order, that were not there before, and answers with them. */
  add(records: HistoryRecord[]): HistoryRecord[] {
    const added = records.filter((record) => this.#addOne(record));
    if (added.length > 0) this.version += 1;
    return added;
  }

  /** Counts records out that were evicted. */
  remove(records: Deleted[]): void {
    if (records.length === 0) return;
    this.version += 1;
    this.count -= records.length;
    for (const { timestamp, partition, offset, weight, value_size: valueSize } of records) {
      this.bytes -= weight + (valueSize ?? 0);
      this.timeline.remove(timestamp);
      this.completeSince = Math.max(this.completeSince ?? 0, timestamp + 1);
      this.#lowWatermarks.set(partition, Math.max(this.#lowWatermarks.get(partition) ?? 0, offset + 1));
    }
  }

  /** Notes partitions, of which there may be no record. */
  notePartitions(partitions: Iterable<number>): void {
    const before = this.partitions.size;
    for (const partition of partitions) this.partitions.add(partition);
    if (this.partitions.size > before) this.version += 1;
  }

  /** Notes that what was before a place is gone, and will not be read. */
  markGap(partition: number, offset: number): void {
    this.#lowWatermarks.set(partition, offset);
    this.positions.advance({ partition, offset: offset - 1, timestamp: 0 });
    this.version += 1;
  }

  /** Why there is no record at a place. */
  absenceOf(partition: number, offset: number): Absence {
    if (offset < (this.#lowWatermarks.get(partition) ?? 0)) return 'evicted';
    return this.positions.passed({ partition, offset }) ? 'absent' : 'ahead';
  }

  /** Whether something is gone that came after positions. A partition that they do not have counts from its beginning. */
  hasGapAfter(positions: Positions): boolean {
    return [...this.#lowWatermarks].some(([partition, low]) => (positions.get(partition)?.next ?? 0) < low);
  }

  #addOne(record: HistoryRecord): boolean {
    if (this.positions.passed(record)) return false;
    this.positions.advance(record);
    this.partitions.add(record.partition);
    this.timeline.add(record.timestamp);
    this.count += 1;
    this.bytes += weightOf(record) + (record.valueSize ?? 0);
    return true;
  }
}
