import { type EventEmitter, on } from 'node:events';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { fileError } from './embedded-file.ts';
import type { Positions } from './positions.ts';
import type {
  Appended,
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

interface TopicRow {
  next: number;
  retention_ms: number;
}

type RecordRow = Pick<LogRecord, 'offset' | 'timestamp' | 'key' | 'value'> & {
  /** JSON: name -> text. Null of a record without any. */
  headers: string | null;
};

/** One topic of the embedded log: its partition 0. */
export class EmbeddedTopicLog implements TopicLog {
  readonly topic: string;
  readonly system = 'embedded';
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
      'INSERT INTO records (topic, offset, timestamp, key, value, headers) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#advance = database.prepare('UPDATE topics SET next = next + 1 WHERE name = ?');
    this.#evict = database.prepare(
      `DELETE FROM records WHERE topic = ? AND timestamp < ?
       AND offset IN (SELECT offset FROM records WHERE topic = ? ORDER BY offset LIMIT ${EVICT_LIMIT})`,
    );
    this.#select = database.prepare(
      `SELECT offset, timestamp, key, value, headers FROM records WHERE topic = ? AND offset >= ? ORDER BY offset LIMIT ${BATCH_RECORDS}`,
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

  async append({ key, value, headers }: OutgoingRecord): Promise<Appended> {
    const row = this.#row();
    if (!row) throw new Error(`topic ${this.topic} does not exist`);
    // The log's time never goes back, though the machine's clock may: order goes by it.
    const timestamp = Math.max(Date.now(), this.#timestampAt(row.next - 1) ?? 0);
    this.#database.exec('BEGIN');
    try {
      this.#insert.run(
        this.topic,
        row.next,
        timestamp,
        Buffer.from(key),
        value,
        headers ? JSON.stringify(headers) : null,
      );
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
      const headers = row.headers === null ? [] : decodeHeaders(row.headers);
      records.push({ topic: this.topic, partition: 0, timestampType: 'append', ...row, headers });
    }
    return records;
  }
}

function decodeHeaders(json: string): LogRecord['headers'] {
  const headers = JSON.parse(json) as Record<string, string>;
  return Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);
}
