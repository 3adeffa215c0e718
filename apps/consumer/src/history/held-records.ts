import { ROWS_AT_ONCE } from './history-sql.ts';
import { type HistoryRecord, weightOf } from './record.ts';

/** Records of a topic, by its id, that were read at the same time. */
export interface Inserted {
  id: number;
  records: HistoryRecord[];
  readAt: number | null;
}

/**
 * So much is written at once, or what there is when somebody reads. One record at a time, as they come live, a
 * transaction for each would be a third of what the record costs.
 */
const FULL = { records: ROWS_AT_ONCE, bytes: 256 * 1024 };

/** Records that were inserted, and are still to be written. */
export class HeldRecords {
  #all: Inserted[] = [];
  #records = 0;
  #bytes = 0;

  /** In the order in which they were inserted. */
  get all(): readonly Inserted[] {
    return this.#all;
  }

  get isEmpty(): boolean {
    return this.#records === 0;
  }

  /** Whether they are to be written now. */
  get isFull(): boolean {
    return this.#records >= FULL.records || this.#bytes >= FULL.bytes;
  }

  add(inserted: Inserted): void {
    this.#all.push(inserted);
    this.#records += inserted.records.length;
    for (const record of inserted.records) this.#bytes += weightOf(record);
  }

  clear(): void {
    this.#all = [];
    this.#records = 0;
    this.#bytes = 0;
  }
}
