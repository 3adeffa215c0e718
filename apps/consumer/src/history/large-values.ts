import type { HistoryDatabase } from './database.ts';
import type { PartitionOffset } from './keyset.ts';
import type { HistoryRecord } from './record.ts';
import { HEAD_BYTES } from './record-row.ts';

/**
 * Values above this, in bytes, are kept in parts: what is shown of them is their beginning, and nobody reads the rest
 * by accident.
 */
export const INLINE_BYTES = 1024 * 1024;
/** Bytes of each part. */
export const PART_BYTES = 256 * 1024;
/** Parts that are deleted in one go: a few milliseconds. */
const PARTS_AT_ONCE = 4;

/** Whether a record's value has to be kept in parts. */
export function isLarge({ value }: HistoryRecord): boolean {
  return (value?.length ?? 0) > INLINE_BYTES;
}

/** A record as its row has it: of a large value it is the beginning. */
export function withoutParts(record: HistoryRecord): HistoryRecord {
  if (!isLarge(record)) return record;
  const { value, valueSize = value!.length } = record;
  // Copied, so that the rest of it can go.
  return { ...record, value: Buffer.from(value!.subarray(0, HEAD_BYTES)), valueSize };
}

/** The values of a history's records that are kept in parts. Topics are given by their ids. */
export class LargeValues {
  readonly #database: HistoryDatabase;
  /** Those that are still to be deleted. */
  readonly #forgotten: (readonly [id: number, partition: number, offset: number])[] = [];

  constructor(database: HistoryDatabase) {
    this.#database = database;
  }

  /** Whether some are still to be deleted. */
  get hasForgotten(): boolean {
    return this.#forgotten.length > 0;
  }

  addPart(id: number, { partition, offset }: PartitionOffset, part: number, bytes: Uint8Array): void {
    this.#database.write(({ insertPart }) => insertPart.run(id, partition, offset, part, bytes));
  }

  /** A part of a value, the first one being 0; nothing after the last one. */
  part(id: number, { partition, offset }: PartitionOffset, part: number): Uint8Array | undefined {
    const row = this.#database.sql.part.get(id, partition, offset, part) as { bytes: Uint8Array } | undefined;
    return row?.bytes;
  }

  /** Has a value deleted, by and by. */
  forget(id: number, { partition, offset }: PartitionOffset): void {
    this.#forgotten.push([id, partition, offset]);
  }

  /** Deletes some parts of what was forgotten. */
  deleteSome(): void {
    const [place] = this.#forgotten;
    if (!place) return;
    const { changes } = this.#database.write(({ deleteParts }) => deleteParts.run(...place, ...place, PARTS_AT_ONCE));
    if (Number(changes) < PARTS_AT_ONCE) this.#forgotten.shift();
  }
}
