import { DatabaseSync } from 'node:sqlite';
import { HeldRecords, type Inserted } from './held-records.ts';
import { prepareStatements, ROWS_AT_ONCE } from './history-sql.ts';
import type { HistoryRecord } from './record.ts';
import { addValues, type SqlValue } from './record-row.ts';

/**
 * The database of a history, in a temporary file that is gone when the process ends. What is inserted is held until
 * there is more of it, or somebody reads: nobody can tell that it is not written yet.
 */
export class HistoryDatabase {
  readonly #connection = new DatabaseSync('');
  readonly #statements = prepareStatements(this.#connection);
  readonly #pageBytes: number;
  readonly #held = new HeldRecords();
  /** Whether they should have been written, which did not succeed. */
  #isOverdue = false;
  /** As they were after the last change; missing until they are counted. */
  #bytes: number | undefined;

  constructor() {
    this.#pageBytes = (this.#statements.pageSize.get() as { page_size: number }).page_size;
  }

  /** The statements, which find everything that was inserted. Those that change something are for `write`. */
  get sql(): ReturnType<typeof prepareStatements> {
    if (!this.#held.isEmpty) this.#writeHeld();
    return this.#statements;
  }

  /** Bytes of its file that are in use. */
  get bytes(): number {
    return (this.#bytes ??= this.#countBytes());
  }

  /** @throws when what is held is due, and cannot be written; so does everything until it can be. */
  insert(inserted: Inserted): void {
    this.#held.add(inserted);
    if (this.#held.isFull || this.#isOverdue) this.#writeHeld();
  }

  /**
   * Does what changes the database: all of it or nothing.
   *
   * @throws when it cannot be written.
   */
  write<T>(task: (sql: ReturnType<typeof prepareStatements>) => T): T {
    // Before, since no transaction begins within another.
    const { sql } = this;
    return this.#inTransaction(() => task(sql));
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }

  #writeHeld(): void {
    // Until it is done. After an error nothing of it was: whoever inserts next tries again, and is told, too.
    this.#isOverdue = true;
    this.#inTransaction(() => {
      for (const { id, records, readAt } of this.#held.all) this.#insertAll(id, records, readAt);
    });
    this.#held.clear();
    this.#isOverdue = false;
  }

  #insertAll(id: number, records: HistoryRecord[], readAt: number | null): void {
    const { insert, insertMany } = this.#statements;
    const whole = records.length - (records.length % ROWS_AT_ONCE);
    for (let index = 0; index < whole; index += ROWS_AT_ONCE)
      insertMany.run(...valuesOf(id, readAt, records.slice(index, index + ROWS_AT_ONCE)));
    for (const record of records.slice(whole)) insert.run(...valuesOf(id, readAt, [record]));
  }

  #inTransaction<T>(task: () => T): T {
    this.#bytes = undefined;
    this.#connection.exec('BEGIN');
    try {
      const result = task();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      // After some errors, such as a full disk, SQLite has ended the transaction itself.
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw new Error(
        `the history cannot be written to the folder of temporary files, TMPDIR: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  #countBytes(): number {
    const { page_count: pages } = this.sql.pages.get() as { page_count: number };
    const { freelist_count: free } = this.sql.freePages.get() as { freelist_count: number };
    return (pages - free) * this.#pageBytes;
  }
}

function valuesOf(id: number, readAt: number | null, records: HistoryRecord[]): SqlValue[] {
  const row: SqlValue[] = [id, readAt];
  for (const record of records) addValues(row, record);
  return row;
}
