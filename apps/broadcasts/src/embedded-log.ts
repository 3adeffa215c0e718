import { EventEmitter, on } from 'node:events';
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { getSystemErrorMessage } from 'node:util';
import type { Positions } from './positions.ts';
import type {
  Appended,
  Log,
  LogBatch,
  LogRecord,
  OutgoingRecord,
  PartitionOffsets,
  PartitionProgress,
  TopicLog,
  TopicSettings,
} from './topic-log.ts';

/**
 * A batch ends at either of the two, so that reading a long log gives way to everything else. One record it always has.
 */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 1024 * 1024;
/** Each append evicts at most this many, so that no append is slow and a shorter retention still catches up. */
const EVICT_LIMIT = 100;
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** The file belongs to another process. */
export class LogInUseError extends Error {
  override readonly name = 'LogInUseError';
}

/** The file is damaged, or is something else. */
export class NotALogError extends Error {
  override readonly name = 'NotALogError';
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topics (
    name TEXT PRIMARY KEY,
    next INTEGER NOT NULL DEFAULT 0,
    retention_ms INTEGER NOT NULL DEFAULT -1
  );
  CREATE TABLE IF NOT EXISTS records (
    topic TEXT NOT NULL,
    offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    value BLOB,
    key BLOB,
    PRIMARY KEY (topic, offset)
  );
`;

/**
 * A log in one SQLite file (or in memory), for a process that has no Kafka beside it. Topics have one partition, 0.
 * The file is locked for as long as it is open, so that two processes never append to it.
 */
export class EmbeddedLog implements Log {
  protected readonly database: DatabaseSync;
  readonly #file: string;
  readonly #appended = new EventEmitter().setMaxListeners(0);

  /**
   * @param file where the log is kept; made with its folder if missing. `:memory:` keeps it in memory.
   * @throws {LogInUseError} when another process has the file open.
   * @throws {NotALogError} when the file is damaged, or is something else.
   * @throws with the path and the reason when it cannot be kept there.
   */
  constructor(file: string) {
    this.#file = file;
    this.database = open(file);
  }

  /** The log of one topic. */
  topic(name: string): TopicLog {
    return new EmbeddedTopicLog(name, this.#file, this.database, this.#appended);
  }

  async close(): Promise<void> {
    if (this.database.isOpen) this.database.close();
  }
}

function open(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') makeFolder(dirname(file));
    database = new DatabaseSync(file);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    database.exec(SCHEMA);
    addKeys(database);
    checkFile(database);
    return database;
  } catch (error) {
    database?.close();
    throw openError(file, error as SqliteError);
  }
}

/**
 * Makes a folder, and those above it. With `recursive` Node tries for ever where it can make none, such as in /proc.
 */
function makeFolder(folder: string): void {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there?.isDirectory()) return;
  if (there) throw new Error(`${folder} is not a folder`);
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Where there can be no folder at all, such as in /proc, the system says that this one is not there.
    const isNowhere = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isNowhere ? 'nobody can make one there' : reasonOf(error);
    throw new Error(`the folder ${folder} cannot be made (${reason})`, { cause: error });
  }
}

/** The system's reason in words, without its codes. */
function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? message : getSystemErrorMessage(errno);
}

/** A file of the first version has no keys. */
function addKeys(database: DatabaseSync): void {
  const columns = database.prepare('PRAGMA table_info(records)').all() as { name: string }[];
  if (!columns.some(({ name }) => name === 'key')) database.exec('ALTER TABLE records ADD COLUMN key BLOB');
}

/** Finds damage before anyone relies on the file. Takes some 0.3 s for a million records. */
function checkFile(database: DatabaseSync): void {
  const { quick_check: problem } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (problem !== 'ok') throw Object.assign(new Error(problem), { errcode: SQLITE_CORRUPT });
}

type SqliteError = Error & { errcode?: number };

function openError(file: string, error: SqliteError): Error {
  if (error.errcode === SQLITE_BUSY) return new LogInUseError(`${file} is in use by another process`, { cause: error });
  if (error.errcode === SQLITE_NOTADB || error.errcode === SQLITE_CORRUPT)
    return new NotALogError(`${file} is damaged or is not a log of this application`, { cause: error });
  const ofSqlite = error.errcode !== undefined;
  return new Error(`${file} cannot be opened: ${(ofSqlite && whyNot(file)) || reasonOf(error)}`, { cause: error });
}

/** The system's reason, since SQLite says no more than that it was unable to; nothing when there is none. */
function whyNot(file: string): string | undefined {
  try {
    const folder = dirname(file);
    accessSync(folder, constants.W_OK);
    const there = statSync(file, { throwIfNoEntry: false });
    if (there?.isDirectory()) return 'it is a folder';
    if (there) accessSync(file, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function fileError(file: string, what: 'read' | 'written', error: Error): Error {
  return new Error(`${file} cannot be ${what}: ${error.message}`, { cause: error });
}

interface TopicRow {
  next: number;
  retention_ms: number;
}

type RecordRow = Pick<LogRecord, 'offset' | 'timestamp' | 'key' | 'value'>;

class EmbeddedTopicLog implements TopicLog {
  readonly topic: string;
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #appended: EventEmitter;
  readonly #ensure: StatementSync;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #advance: StatementSync;
  readonly #evict: StatementSync;
  readonly #select: StatementSync;
  readonly #low: StatementSync;
  readonly #timestamp: StatementSync;

  constructor(topic: string, file: string, database: DatabaseSync, appended: EventEmitter) {
    this.topic = topic;
    this.#file = file;
    this.#database = database;
    this.#appended = appended;
    this.#ensure = database.prepare(
      `INSERT INTO topics (name, retention_ms) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET retention_ms = excluded.retention_ms`,
    );
    this.#find = database.prepare('SELECT next, retention_ms FROM topics WHERE name = ?');
    this.#insert = database.prepare(
      'INSERT INTO records (topic, offset, timestamp, key, value) VALUES (?, ?, ?, ?, ?)',
    );
    this.#advance = database.prepare('UPDATE topics SET next = next + 1 WHERE name = ?');
    this.#evict = database.prepare(
      `DELETE FROM records WHERE topic = ? AND timestamp < ?
       AND offset IN (SELECT offset FROM records WHERE topic = ? ORDER BY offset LIMIT ${EVICT_LIMIT})`,
    );
    this.#select = database.prepare(
      `SELECT offset, timestamp, key, value FROM records WHERE topic = ? AND offset >= ? ORDER BY offset LIMIT ${BATCH_RECORDS}`,
    );
    this.#timestamp = database.prepare('SELECT timestamp FROM records WHERE topic = ? AND offset = ?');
    this.#low = database.prepare('SELECT min(offset) AS low FROM records WHERE topic = ?');
  }

  async ensure({ partitions, replication, retentionMs }: TopicSettings): Promise<string[]> {
    try {
      this.#ensure.run(this.topic, retentionMs);
    } catch (error) {
      throw fileError(this.#file, 'written', error as Error);
    }
    if (partitions === 1 && replication === 1) return [];
    return [`${this.topic}: the embedded log has one partition and one copy, not ${partitions} and ${replication}`];
  }

  async append({ key, value }: OutgoingRecord): Promise<Appended> {
    const row = this.#row();
    if (!row) throw new Error(`topic ${this.topic} does not exist`);
    // The log's time never goes back, though the machine's clock may: order goes by it.
    const timestamp = Math.max(Date.now(), this.#timestampAt(row.next - 1) ?? 0);
    this.#database.exec('BEGIN');
    try {
      this.#insert.run(this.topic, row.next, timestamp, Buffer.from(key), value);
      this.#advance.run(this.topic);
      if (row.retention_ms >= 0) this.#evict.run(this.topic, timestamp - row.retention_ms, this.topic);
      this.#database.exec('COMMIT');
    } catch (error) {
      // After some errors, such as a full disk, SQLite has ended the transaction itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw fileError(this.#file, 'written', error as Error);
    }
    this.#appended.emit(this.topic);
    return { partition: 0, offset: row.next, timestamp };
  }

  async *read({ from, signal }: { from: Positions; signal: AbortSignal }): AsyncIterable<LogBatch> {
    if (signal.aborted) return;
    const positions = from.copy();
    // Listening before the first look, so that no append falls between the two.
    const appends = on(this.#appended, this.topic, { signal });
    try {
      while (!signal.aborted) {
        const position = positions.get(0);
        if (position && this.#restarted(position.next, position.timestamp)) {
          positions.clear();
          yield { records: [], progress: [], restarted: true };
          continue;
        }
        const records = this.#recordsFrom(position?.next ?? 0);
        if (records.length === 0) {
          await appends.next();
          continue;
        }
        for (const record of records) positions.advance(record);
        yield { records, progress: this.#progress(positions), restarted: false };
      }
    } catch (error) {
      if (!signal.aborted) throw fileError(this.#file, 'read', error as Error);
    }
  }

  async listOffsets(): Promise<PartitionOffsets[]> {
    return this.#offsets();
  }

  #offsets(): PartitionOffsets[] {
    const row = this.#row();
    if (!row) return [];
    const { low } = this.#low.get(this.topic) as { low: number | null };
    return [{ partition: 0, low: low ?? row.next, high: row.next }];
  }

  #progress(positions: Positions): PartitionProgress[] {
    const next = positions.get(0)?.next ?? 0;
    return this.#offsets().map((offsets) => ({ ...offsets, next }));
  }

  #row(): TopicRow | undefined {
    return this.#find.get(this.topic) as TopicRow | undefined;
  }

  /** Whether the topic that a reader knew was replaced: by its end, or by the record that the reader read last. */
  #restarted(next: number, timestamp: number): boolean {
    const row = this.#row();
    if (!row) return false;
    if (row.next < next) return true;
    const last = this.#timestampAt(next - 1);
    return last !== undefined && last !== timestamp;
  }

  #timestampAt(offset: number): number | undefined {
    return (this.#timestamp.get(this.topic, offset) as { timestamp: number } | undefined)?.timestamp;
  }

  #recordsFrom(offset: number): LogRecord[] {
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const row of this.#select.iterate(this.topic, offset) as Iterable<unknown> as Iterable<RecordRow>) {
      bytes += row.value?.length ?? 0;
      if (bytes > BATCH_BYTES && records.length > 0) break;
      records.push({ topic: this.topic, partition: 0, timestampType: 'append', headers: [], ...row });
    }
    return records;
  }
}
