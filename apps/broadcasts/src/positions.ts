/** How far a reader got in one partition. */
export interface Position {
  /** The offset of the record that comes next. */
  next: number;
  /**
   * The timestamp of the record at `next - 1`, by which a topic that was created anew is told from the one before it; 0
   * if it is not known.
   */
  timestamp: number;
}

/** Positions as plain JSON: partition -> position. */
export type PositionsObject = Record<string, Position>;

/** How far a reader got in a topic: a vector partition -> position. */
export class Positions {
  readonly #partitions = new Map<number, Position>();

  /** Positions from their JSON form, which must have been validated. */
  static from(object: PositionsObject): Positions {
    const positions = new Positions();
    for (const [partition, position] of Object.entries(object)) {
      positions.#partitions.set(Number(partition), position);
    }
    return positions;
  }

  get(partition: number): Position | undefined {
    return this.#partitions.get(partition);
  }

  /** Whether nothing was read yet. */
  get empty(): boolean {
    return this.#partitions.size === 0;
  }

  /** Moves past a record. Never moves back. */
  advance(record: { partition: number; offset: number; timestamp: number }): void {
    const { partition, offset, timestamp } = record;
    if (offset >= (this.get(partition)?.next ?? 0)) {
      this.#partitions.set(partition, { next: offset + 1, timestamp });
    }
  }

  /** Whether the record at this place was passed already. */
  passed(record: { partition: number; offset: number }): boolean {
    return record.offset < (this.get(record.partition)?.next ?? 0);
  }

  /** Whether these went further than others in some partition. */
  isAheadOf(others: Positions): boolean {
    for (const [partition, { next }] of this.#partitions) if (next > (others.get(partition)?.next ?? 0)) return true;
    return false;
  }

  clear(): void {
    this.#partitions.clear();
  }

  copy(): Positions {
    return Positions.from(this.toJSON());
  }

  entries(): IterableIterator<[partition: number, position: Position]> {
    return this.#partitions.entries();
  }

  toJSON(): PositionsObject {
    return Object.fromEntries(this.#partitions);
  }
}

/** Positions before every record. */
export const earliest = (): Positions => new Positions();
