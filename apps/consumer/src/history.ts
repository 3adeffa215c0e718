import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Positions } from '@hello/broadcasts';
import { encodeCursor } from './cursor.ts';
import type { Keyset } from './keyset.ts';
import type { Message } from './message.ts';

/** Messages as JSON texts, newest first, and the cursor of the page that follows in the direction asked for, if any. */
export interface Page {
  messages: string[];
  next: string | null;
}

/** What a client missed. `complete` is false when some of it is gone or it is more than was allowed; then `messages` is empty. */
export interface Missed {
  complete: boolean;
  messages: Message[];
}

interface HistoryOptions {
  topics: string[];
  /** Age from which messages are evicted, in milliseconds. */
  maxAgeMs: number;
  /** Number of messages of each topic above which the oldest are evicted. */
  maxRows: number;
}

/** A topic's share of the history. */
interface Topic {
  id: number;
  rows: number;
  changes: number;
  /** How far the topic was read. */
  positions: Positions;
  /** Partition -> the offset from which on nothing was evicted. */
  floors: Map<number, number>;
}

interface Row extends Keyset {
  json: string;
}

type PlaceRow = Omit<Keyset, 'timestamp'>;

/** SQLite's page cache, in KiB: what the history costs in memory; the rest is in a temporary file. */
const CACHE_KIB = 16 * 1024;
/** How many messages of a topic are evicted for their age in one go, which takes some ten milliseconds. */
const EVICTION = 10_000;
const BEFORE_ALL: Keyset = { timestamp: -1, partition: -1, offset: -1 };
const AFTER_ALL: Keyset = { timestamp: Number.MAX_SAFE_INTEGER, partition: 0, offset: 0 };

const SCHEMA = `
  PRAGMA cache_size = -${CACHE_KIB};
  PRAGMA journal_mode = MEMORY;
  PRAGMA synchronous = OFF;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (topic, partition, offset)
  );
  CREATE INDEX by_time ON messages (topic, timestamp, partition, offset);
`;

const PAGE = `
  SELECT timestamp, partition, offset, json FROM messages
  WHERE topic = ? AND (timestamp, partition, offset) < (?, ?, ?) AND (timestamp, partition, offset) > (?, ?, ?)
`;

const OLDEST =
  'SELECT id FROM messages WHERE topic = ? AND timestamp < ? ORDER BY timestamp, partition, offset LIMIT ?';

/**
 * The messages of some topics, each once, bounded by age and number. It lives in a temporary file that is gone when the process
 * ends, since the log has everything and is read again. All of it is synchronous: what was asked in one go is true at one moment.
 */
export class History {
  readonly #database = new DatabaseSync('');
  readonly #options: HistoryOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #insert: StatementSync;
  readonly #newestFirst: StatementSync;
  readonly #oldestFirst: StatementSync;
  readonly #fromOffset: StatementSync;
  readonly #at: StatementSync;
  readonly #evict: StatementSync;

  constructor(options: HistoryOptions) {
    this.#options = options;
    for (const [id, topic] of options.topics.entries()) this.#topics.set(topic, emptyTopic(id));
    const database = this.#database;
    database.exec(SCHEMA);
    this.#insert = database.prepare(
      'INSERT OR IGNORE INTO messages (topic, partition, offset, timestamp, json) VALUES (?, ?, ?, ?, ?)',
    );
    this.#newestFirst = database.prepare(`${PAGE} ORDER BY timestamp DESC, partition DESC, offset DESC LIMIT ?`);
    this.#oldestFirst = database.prepare(`${PAGE} ORDER BY timestamp, partition, offset LIMIT ?`);
    this.#fromOffset = database.prepare(
      'SELECT json FROM messages WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?',
    );
    this.#at = database.prepare('SELECT timestamp FROM messages WHERE topic = ? AND partition = ? AND offset = ?');
    this.#evict = database.prepare(`DELETE FROM messages WHERE id IN (${OLDEST}) RETURNING partition, offset`);
  }

  /** The topics, in the order in which they were given. */
  get topics(): string[] {
    return [...this.#topics.keys()];
  }

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** How many messages of a topic there are. */
  count(topic: string): number {
    return this.#topic(topic).rows;
  }

  /** A number that is another one whenever a topic's pages, count or positions are. */
  changes(topic: string): number {
    return this.#topic(topic).changes;
  }

  /** How far a topic was read. */
  positions(topic: string): Positions {
    return this.#topic(topic).positions;
  }

  /** Adds messages of one topic, in the log's order, and answers with those that were not there before. */
  insert(topic: string, messages: Message[]): Message[] {
    const state = this.#topic(topic);
    this.#database.exec('BEGIN');
    let added: Message[];
    try {
      added = messages.filter((message) => {
        const { partition, offset, timestamp } = message;
        return this.#insert.run(state.id, partition, offset, timestamp, JSON.stringify(message)).changes > 0;
      });
      this.#database.exec('COMMIT');
    } catch (error) {
      // After some errors, such as a full disk, SQLite has ended the transaction itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw new Error(
        `the history cannot be written to the folder of temporary files, TMPDIR: ${(error as Error).message}`,
        { cause: error },
      );
    }
    state.changes += 1;
    for (const message of added) {
      if (!state.floors.has(message.partition)) state.floors.set(message.partition, message.offset);
      state.positions.advance(message);
    }
    state.rows += added.length;
    this.#evictOldest(state, AFTER_ALL.timestamp, state.rows - this.#options.maxRows);
    return added;
  }

  /** Notes that what is missing before an offset will never come: nobody can resume from before it without a gap. */
  markGap(topic: string, partition: number, offset: number): void {
    this.#topic(topic).floors.set(partition, offset);
  }

  /** Evicts what is too old: the oldest 10,000 of each topic at most, so that nobody waits long. */
  evict(now: number): void {
    for (const topic of this.#topics.values()) this.#evictOldest(topic, now - this.#options.maxAgeMs, EVICTION);
  }

  /** Forgets a topic's messages, because the topic was created anew. */
  clear(topic: string): void {
    const { id, changes } = this.#topic(topic);
    this.#database.prepare('DELETE FROM messages WHERE topic = ?').run(id);
    this.#topics.set(topic, { ...emptyTopic(id), changes: changes + 1 });
  }

  /**
   * A page of at most `limit` messages between two places, both excluded: the newest of them, or with `after` alone the oldest,
   * so that following `next` walks through all of them. Costs the same at any depth.
   */
  page(topic: string, { before, after, limit }: { before?: Keyset; after?: Keyset; limit: number }): Page {
    const forward = after !== undefined && before === undefined;
    const { id } = this.#topic(topic);
    const statement = forward ? this.#oldestFirst : this.#newestFirst;
    const bounds = [...values(before ?? AFTER_ALL), ...values(after ?? BEFORE_ALL)];
    const rows = statement.all(id, ...bounds, limit + 1) as unknown as Row[];
    const more = rows.length > limit;
    if (more) rows.pop();
    const next = more ? encodeCursor(topic, rows.at(-1)!) : null;
    const newestFirst = forward ? rows.toReversed() : rows;
    return { messages: newestFirst.map((row) => row.json), next };
  }

  /**
   * What came after a client's positions, each partition in its order, if that is at most `limit` messages and all of it is
   * still there. A partition that the client does not know counts from its first record.
   */
  since(topic: string, positions: Positions, limit: number): Missed {
    const { id, floors } = this.#topic(topic);
    const messages: Message[] = [];
    for (const [partition, floor] of floors) {
      const next = positions.get(partition)?.next ?? 0;
      if (next < floor) return { complete: false, messages: [] };
      const rows = this.#fromOffset.all(id, partition, next, limit + 1 - messages.length) as unknown as Row[];
      for (const { json } of rows) messages.push(JSON.parse(json));
      if (messages.length > limit) return { complete: false, messages: [] };
    }
    return { complete: true, messages };
  }

  /** Whether positions are further than this history: of a client that saw a replica which reads faster. */
  isBehind(topic: string, positions: Positions): boolean {
    const own = this.#topic(topic).positions;
    return [...positions.entries()].some(([partition, { next }]) => next > (own.get(partition)?.next ?? 0));
  }

  /** Whether positions belong to a topic of the same name before it was created anew, as far as can be told. */
  isOfAnotherTopic(topic: string, positions: Positions): boolean {
    const { id } = this.#topic(topic);
    return [...positions.entries()].some(([partition, { next, timestamp }]) => {
      const last = this.#at.get(id, partition, next - 1) as { timestamp: number } | undefined;
      return last !== undefined && last.timestamp !== timestamp;
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #evictOldest(topic: Topic, olderThan: number, atMost: number): void {
    if (atMost <= 0) return;
    const evicted = this.#evict.all(topic.id, olderThan, atMost) as unknown as PlaceRow[];
    for (const { partition, offset } of evicted) {
      topic.floors.set(partition, Math.max(topic.floors.get(partition) ?? 0, offset + 1));
    }
    topic.rows -= evicted.length;
    if (evicted.length > 0) topic.changes += 1;
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (!topic) throw new Error(`no history of topic ${name}`);
    return topic;
  }
}

function emptyTopic(id: number): Topic {
  return { id, rows: 0, changes: 0, positions: new Positions(), floors: new Map() };
}

function values({ timestamp, partition, offset }: Keyset): [number, number, number] {
  return [timestamp, partition, offset];
}
