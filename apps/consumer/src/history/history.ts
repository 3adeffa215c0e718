import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Positions } from '@hello/broadcasts';
import { encodeCursor } from './cursor.ts';
import { AFTER_ALL, BEFORE_ALL, type Keyset, type Span, startOf } from './keyset.ts';
import { prepareStatements, ROWS_AT_ONCE } from './history-sql.ts';
import { type HistoryRecord, weightOf } from './record.ts';
import { addValues, fromRow, HEAD_BYTES, type RecordRow, type SqlValue, weightIn } from './record-row.ts';
import { Timeline } from './timeline.ts';

/** Records, newest first, and the cursor of the page that follows in the direction asked for, if any. */
export interface Page {
  records: HistoryRecord[];
  next: string | null;
}

/**
 * What can be told of a record at little cost: its place, its key and its value as text. Of a long key it is the
 * beginning; the value is null where that is not all there is to say: there is none, or a long one, or one that cannot
 * be read.
 */
export type Outline = [timestamp: number, partition: number, offset: number, key: string | null, value: string | null];

/** What can be told of some records together, at less cost than of each. */
export interface Skimmed {
  count: number;
  last: Keyset;
  /** Their keys as one text; null where none has one. Of a long key it is the beginning. */
  keys: string | null;
  /** Their values as one text; null where that is not all there is to say, since one is long. */
  values: string | null;
}

/** What has become of a place: a record is there, was there, was never there, or is not there yet. */
export type PlaceState = 'kept' | 'evicted' | 'absent' | 'ahead';

interface HistoryOptions {
  topics: string[];
  /** Age from which records are evicted, in milliseconds. */
  maxAgeMs: number;
  /** Number of records of each topic above which the oldest are evicted. */
  maxRows: number;
  /** Size of the temporary file, in bytes, above which the oldest of the largest topic are evicted. */
  maxBytes: number;
}

/** A topic's share of the history. */
interface Topic {
  /** Another one each time that the topic was created anew. */
  id: number;
  rows: number;
  /** What its records weigh. */
  bytes: number;
  changes: number;
  /** How far the topic was read. */
  positions: Positions;
  /** Partitions that it is known to have. */
  partitions: Set<number>;
  /** Partition -> the offset from which on nothing is gone, where something is. */
  floors: Map<number, number>;
  timeline: Timeline;
  /** The time from which on nothing was evicted; null where nothing was. */
  since: number | null;
}

/** What there is of a topic. */
export interface Facts {
  messages: number;
  /** How many it is known to have. */
  partitions: number;
  /** Times of records, in milliseconds since the Unix epoch; null where there is none with a time of its own. */
  oldest: number | null;
  newest: number | null;
}

/** Records of a topic, by its id, that were read at the same time. */
interface Inserted {
  id: number;
  records: HistoryRecord[];
  readAt: number | null;
}

type PlaceRow = Keyset & { weight: number; value_size: number | null };

/** How much is given at once: so many records at most, and so many bytes of what is shown of them. */
export interface Bound {
  limit: number;
  bytes: number;
}

/** Bytes of a page, about, of what is shown. */
export const PAGE_BYTES = 1024 * 1024;
/**
 * Bytes of records that are read at once, for whatever is shown of them: to decode them takes some ten milliseconds.
 */
const READ_BYTES = 2 * 1024 * 1024;
/**
 * Values above this, in bytes, are kept in parts: what is shown of them is their beginning, and nobody reads the rest
 * by accident.
 */
export const INLINE_BYTES = 1024 * 1024;
/** Bytes of each part. */
export const PART_BYTES = 256 * 1024;

/**
 * What is inserted is written when it is so much, or when somebody reads. One record at a time, as they come live, a
 * transaction for each would be a third of what the record costs.
 */
const HELD = { records: ROWS_AT_ONCE, bytes: 256 * 1024 };

/** What is evicted in one go: a few milliseconds. */
const EVICTION: Bound = { limit: 500, bytes: 1024 * 1024 };
const PARTS_AT_ONCE = EVICTION.bytes / PART_BYTES;
/** The first time that a record has of its own; before that there are those of which none is known. */
const FIRST_TIME = 1;

/**
 * The records of some topics, as they came, each once, bounded by age, number and bytes. It lives in a temporary file
 * that is gone when the process ends, since the log has everything and is read again. All of it is synchronous, so what
 * was asked in one go is true at one moment, and each of it takes a few milliseconds at most; what is more is done by
 * asking again.
 */
export class History {
  readonly #database = new DatabaseSync('');
  readonly #statements = prepareStatements(this.#database);
  readonly #options: HistoryOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #pageBytes: number;
  /** Ids of topics of before, whose records are still to be deleted. */
  readonly #forgotten: number[] = [];
  /** Records that were deleted, whose parts are still to be. */
  readonly #partsOf: (readonly [id: number, partition: number, offset: number])[] = [];
  #nextId = 0;
  /** What was inserted, and is still to be written. */
  #held: Inserted[] = [];
  #heldBytes = 0;
  /** As they were after the last change; missing until they are counted. */
  #bytes: number | undefined;

  constructor(options: HistoryOptions) {
    this.#options = options;
    for (const topic of options.topics) this.#topics.set(topic, this.#emptyTopic());
    this.#pageBytes = (this.#sql.pageSize.get() as { page_size: number }).page_size;
  }

  /** The topics, in the order in which they were given. */
  get topics(): string[] {
    return [...this.#topics.keys()];
  }

  /** Bytes of its file that are in use. */
  get bytes(): number {
    return (this.#bytes ??= this.#countBytes());
  }

  #countBytes(): number {
    const { page_count: pages } = this.#sql.pages.get() as { page_count: number };
    const { freelist_count: free } = this.#sql.freePages.get() as { freelist_count: number };
    return (pages - free) * this.#pageBytes;
  }

  /** How many records of a topic there are. */
  count(topic: string): number {
    return this.#topic(topic).rows;
  }

  /** Bytes that one of a topic's records has on average, about. */
  meanBytes(topic: string): number {
    const { bytes, rows } = this.#topic(topic);
    return bytes / Math.max(1, rows);
  }

  /** A number that is another one whenever a topic's pages, count or positions are. */
  changes(topic: string): number {
    return this.#topic(topic).changes;
  }

  /** What there is of a topic. */
  facts(topic: string): Facts {
    const { id, rows: messages, partitions } = this.#topic(topic);
    const times = this.#sql.times.get(id, FIRST_TIME) as Pick<Facts, 'oldest' | 'newest'>;
    return { messages, partitions: partitions.size, ...times };
  }

  /** How many records of a topic there are at which time. */
  timeline(topic: string): Timeline {
    return this.#topic(topic).timeline;
  }

  /**
   * The time from which on nothing of a topic was evicted, in milliseconds since the Unix epoch; null where nothing
   * was.
   */
  since(topic: string): number | null {
    return this.#topic(topic).since;
  }

  /** How long a record is kept at most, in milliseconds. */
  get maxAgeMs(): number {
    return this.#options.maxAgeMs;
  }

  /** How far a topic was read. */
  positions(topic: string): Positions {
    return this.#topic(topic).positions;
  }

  /** How many partitions a topic is known to have. */
  partitions(topic: string): number {
    return this.#topic(topic).partitions.size;
  }

  /** Notes that a topic has partitions, of which there may be no record. */
  notePartitions(topic: string, partitions: Iterable<number>): void {
    const state = this.#topic(topic);
    const before = state.partitions.size;
    for (const partition of partitions) state.partitions.add(partition);
    if (state.partitions.size > before) state.changes += 1;
  }

  /**
   * Adds records of one topic, in the log's order, and answers with those that were not there before. Of a value above
   * `INLINE_BYTES` its parts must be there, see `addPart`; the record keeps its beginning.
   *
   * @param readAt when they were read, in milliseconds since the Unix epoch, where `at` is to tell.
   */
  insert(topic: string, records: HistoryRecord[], readAt: number | null = null): HistoryRecord[] {
    const state = this.#topic(topic);
    const added: HistoryRecord[] = [];
    const last = new Map<number, HistoryRecord>();
    for (const record of records) {
      const before = last.get(record.partition)?.offset ?? (state.positions.get(record.partition)?.next ?? 0) - 1;
      if (record.offset <= before) continue;
      last.set(record.partition, record);
      added.push(isLarge(record) ? beginningOf(record) : record);
    }
    if (added.length > 0) {
      this.#held.push({ id: state.id, records: added, readAt });
      state.changes += 1;
    }
    for (const record of added) {
      const weight = weightOf(record);
      this.#heldBytes += weight;
      state.bytes += weight + (record.valueSize ?? 0);
      state.timeline.add(record.timestamp);
    }
    for (const record of last.values()) state.positions.advance(record);
    this.notePartitions(topic, last.keys());
    state.rows += added.length;
    const held = this.#held.reduce((count, { records: { length } }) => count + length, 0);
    if (held >= HELD.records || this.#heldBytes >= HELD.bytes) this.#writeHeld();
    return added;
  }

  /** Adds a part of the value of a record that is to be inserted, the first part being 0. */
  addPart(topic: string, { partition, offset }: Omit<Keyset, 'timestamp'>, part: number, bytes: Uint8Array): void {
    this.#write(() => this.#sql.insertPart.run(this.#topic(topic).id, partition, offset, part, bytes));
  }

  /** A part of a value that is kept in parts; nothing after the last one. */
  part(topic: string, { partition, offset }: Omit<Keyset, 'timestamp'>, part: number): Uint8Array | undefined {
    const row = this.#sql.part.get(this.#topic(topic).id, partition, offset, part) as { bytes: Uint8Array } | undefined;
    return row?.bytes;
  }

  /**
   * Notes that what was before an offset is gone: nobody can resume from before it without a gap, or is to wait for it.
   */
  markGap(topic: string, partition: number, offset: number): void {
    const state = this.#topic(topic);
    state.floors.set(partition, offset);
    state.positions.advance({ partition, offset: offset - 1, timestamp: 0 });
    state.changes += 1;
  }

  /**
   * Evicts some of what is above a bound of number or bytes. Answers whether there is more to evict: then it is to be
   * asked again.
   */
  trim(): boolean {
    if (this.#forgotten.length + this.#partsOf.length > 0) return this.#deleteForgotten();
    for (const topic of this.#topics.values()) {
      const over = topic.rows - this.#options.maxRows;
      if (over > 0) return this.#evictOldest(topic, 0, AFTER_ALL.timestamp, over) || this.trim();
    }
    if (this.bytes <= this.#options.maxBytes) return false;
    const largest = [...this.#topics.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
    // Without records there is nothing to evict, however small the bound.
    if (largest.rows === 0) return false;
    this.#evictOldest(largest, 0, AFTER_ALL.timestamp, EVICTION.limit);
    return this.bytes > this.#options.maxBytes;
  }

  /** Evicts what is too old, step by step. Records without a time of their own are not known to be. */
  *evict(now: number): Generator<void> {
    for (const topic of this.#topics.values()) {
      while (this.#evictOldest(topic, FIRST_TIME, now - this.#options.maxAgeMs, Infinity)) yield;
      yield;
    }
  }

  /** Forgets a topic's records, because the topic was created anew. They are deleted by `trim`. */
  clear(topic: string): void {
    const { id, changes } = this.#topic(topic);
    this.#forgotten.push(id);
    this.#topics.set(topic, { ...this.#emptyTopic(), changes: changes + 1 });
  }

  /**
   * A page of at most `limit` records between two places, both excluded: the newest of them, or with `after` alone the
   * oldest, so that following `next` walks through all of them. One that is full of bytes before that ends earlier, but
   * has one record at least. Costs the same at any depth.
   */
  page(
    topic: string,
    {
      before,
      after,
      forward = after !== undefined && before === undefined,
      limit,
      bytes = PAGE_BYTES,
    }: Partial<Span> & { limit: number; bytes?: number },
  ): Page {
    const span = { before: before ?? AFTER_ALL, after: after ?? BEFORE_ALL, forward };
    const rows = this.#inSpan(topic, span, this.#sql.newestFirst, this.#sql.oldestFirst) as Iterable<RecordRow>;
    const { records, more } = take(topic, rows, { limit, bytes });
    const next = more ? encodeCursor(topic, records.at(-1) ?? startOf(span)) : null;
    return { records: forward ? records.toReversed() : records, next };
  }

  /** The outlines of what is in a span, each read when it is asked for. */
  outlines(topic: string, span: Span): Iterable<Outline> {
    return this.#inSpan(topic, span, this.#sql.outlinesNewestFirst, this.#sql.outlinesOldestFirst) as Iterable<Outline>;
  }

  /** The first records of a span, so many at most, together; nothing where it has none. */
  skim(topic: string, span: Span, limit: number): Skimmed | undefined {
    const { skimNewestFirst, skimOldestFirst, placeNewestFirst, placeOldestFirst } = this.#sql;
    const place = [this.#topic(topic).id, ...values(span.before), ...values(span.after)];
    const skimmed = (span.forward ? skimOldestFirst : skimNewestFirst).get(...place, limit);
    const { count, hasLong, keys, texts } = skimmed as {
      count: number;
      hasLong: 0 | 1;
      keys: string | null;
      texts: string;
    };
    if (count === 0) return undefined;
    const last = (span.forward ? placeOldestFirst : placeNewestFirst).get(...place, count - 1);
    return { count, last: last as unknown as Keyset, keys, values: hasLong ? null : texts };
  }

  /** The record at a place, if it is there. */
  at(topic: string, partition: number, offset: number): HistoryRecord | undefined {
    const row = this.#sql.at.get(this.#topic(topic).id, partition, offset) as RecordRow | undefined;
    return row && fromRow(topic, row);
  }

  /** What has become of the record at a place. */
  stateOf(topic: string, partition: number, offset: number): PlaceState {
    const { id, positions, floors } = this.#topic(topic);
    const first = this.#sql.firstFrom.get(id, partition, offset) as Keyset | undefined;
    if (first?.offset === offset) return 'kept';
    if (offset < (floors.get(partition) ?? 0)) return 'evicted';
    return offset < (positions.get(partition)?.next ?? 0) ? 'absent' : 'ahead';
  }

  /**
   * Where the first record of a partition from an offset on is, or else the last one before it; nothing where it has
   * none.
   */
  nearest(topic: string, partition: number, offset: number): Keyset | undefined {
    const { id } = this.#topic(topic);
    const place = this.#sql.firstFrom.get(id, partition, offset) ?? this.#sql.lastBefore.get(id, partition, offset);
    return place as Keyset | undefined;
  }

  /**
   * What is between two positions, each partition in its order, from its beginning on within a bound; one record at
   * least, if any.
   */
  between(topic: string, from: Positions, to: Positions, { limit, bytes }: Bound): HistoryRecord[] {
    const { id } = this.#topic(topic);
    const found: HistoryRecord[] = [];
    let left = bytes;
    for (const [partition, next, end] of spans(from, to)) {
      const rows = this.#sql.fromOffset.iterate(id, partition, next, end) as Iterable<RecordRow>;
      const { records, shown, more } = take(topic, rows, { limit: limit - found.length, bytes: left });
      found.push(...records);
      left -= shown;
      if (more || found.length === limit || left <= 0) break;
    }
    return found;
  }

  /** How many records are between two positions; `limit` if there are as many or more. */
  countBetween(topic: string, from: Positions, to: Positions, limit: number): number {
    const { id } = this.#topic(topic);
    let count = 0;
    for (const [partition, next, end] of spans(from, to)) {
      count += (this.#sql.countFrom.get(id, partition, next, end, limit - count) as { count: number }).count;
      if (count === limit) break;
    }
    return count;
  }

  /**
   * How many records of a topic there are from a time on and before another one, in milliseconds since the Unix epoch.
   */
  countInTime(topic: string, from: number, to: number): number {
    return (this.#sql.countInTime.get(this.#topic(topic).id, from, to) as { count: number }).count;
  }

  /**
   * Whether something is gone that came after positions. A partition that they do not have counts from its first
   * record.
   */
  hasGapAfter(topic: string, positions: Positions): boolean {
    return [...this.#topic(topic).floors].some(([partition, floor]) => (positions.get(partition)?.next ?? 0) < floor);
  }

  /** Whether positions belong to a topic of the same name before it was created anew, as far as can be told. */
  isOfAnotherTopic(topic: string, positions: Positions): boolean {
    const own = this.#topic(topic).positions;
    return [...positions.entries()].some(([partition, { next, timestamp }]) => {
      const end = own.get(partition);
      // The last record may be one that is gone, whose time nobody knows.
      if (timestamp === 0 || (end?.next === next && end.timestamp === 0)) return false;
      // Of most clients this is the last record, and need not be looked up.
      if (end?.next === next) return end.timestamp !== timestamp;
      const last = this.at(topic, partition, next - 1);
      return last !== undefined && last.timestampType !== 'unknown' && last.timestamp !== timestamp;
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #inSpan(
    topic: string,
    { before, after, forward }: Span,
    newestFirst: StatementSync,
    oldestFirst: StatementSync,
  ): Iterable<unknown> {
    const statement = forward ? oldestFirst : newestFirst;
    return statement.iterate(this.#topic(topic).id, ...values(before), ...values(after));
  }

  /** For all that reads or deletes, which is to find everything that was inserted. */
  get #sql(): ReturnType<typeof prepareStatements> {
    if (this.#held.length > 0) this.#writeHeld();
    return this.#statements;
  }

  #writeHeld(): void {
    const held = this.#held;
    this.#held = [];
    try {
      this.#write(() => {
        for (const { id, records, readAt } of held) this.#insertAll(id, records, readAt);
      });
      this.#heldBytes = 0;
    } catch (error) {
      // Nothing of it was. Whoever inserts next tries again, and is told, too.
      this.#held = held;
      this.#heldBytes = HELD.bytes;
      throw error;
    }
  }

  #insertAll(id: number, records: HistoryRecord[], readAt: number | null): void {
    const whole = records.length - (records.length % ROWS_AT_ONCE);
    for (let index = 0; index < whole; index += ROWS_AT_ONCE)
      this.#sql.insertMany.run(...valuesOf(id, readAt, records.slice(index, index + ROWS_AT_ONCE)));
    for (const record of records.slice(whole)) this.#sql.insert.run(...valuesOf(id, readAt, [record]));
  }

  /** All of it or nothing. */
  #write(task: () => void): void {
    // A transaction of its own, which none may begin within another.
    if (this.#held.length > 0) this.#writeHeld();
    this.#bytes = undefined;
    this.#database.exec('BEGIN');
    try {
      task();
      this.#database.exec('COMMIT');
    } catch (error) {
      // After some errors, such as a full disk, SQLite has ended the transaction itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw new Error(
        `the history cannot be written to the folder of temporary files, TMPDIR: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /**
   * Evicts some of a topic's oldest records, of those with a time between two. Answers whether there may be more of
   * them.
   */
  #evictOldest(topic: Topic, from: number, to: number, atMost: number): boolean {
    const limit = Math.min(atMost, EVICTION.limit);
    const { rows, isDone } = this.#deleteOldest(topic.id, from, to, limit);
    for (const { timestamp, partition, offset, weight, value_size: valueSize } of rows) {
      topic.floors.set(partition, Math.max(topic.floors.get(partition) ?? 0, offset + 1));
      topic.bytes -= weight + (valueSize ?? 0);
      topic.timeline.remove(timestamp);
      topic.since = Math.max(topic.since ?? 0, timestamp + 1);
    }
    topic.rows -= rows.length;
    if (rows.length > 0) topic.changes += 1;
    return !isDone && rows.length < atMost;
  }

  /** Deletes some of what is in no page any more. Answers that there may be more to do. */
  #deleteForgotten(): true {
    this.#bytes = undefined;
    const [place] = this.#partsOf;
    const [id] = this.#forgotten;
    if (place) {
      if (Number(this.#sql.deleteParts.run(...place, ...place, PARTS_AT_ONCE).changes) < PARTS_AT_ONCE)
        this.#partsOf.shift();
    } else if (this.#deleteOldest(id!, 0, AFTER_ALL.timestamp, EVICTION.limit).isDone) {
      this.#forgotten.shift();
    }
    return true;
  }

  /** Deletes the oldest records of an id, a few milliseconds' worth. */
  #deleteOldest(id: number, from: number, to: number, limit: number): { rows: PlaceRow[]; isDone: boolean } {
    this.#bytes = undefined;
    const rows: PlaceRow[] = [];
    let bytes = 0;
    let isDone = true;
    for (const row of this.#sql.oldest.iterate(id, from, to, limit + 1) as Iterable<PlaceRow>) {
      isDone = rows.length < limit && bytes < EVICTION.bytes;
      if (!isDone) break;
      rows.push(row);
      bytes += row.weight + (row.value_size ?? 0);
    }
    const last = rows.at(-1);
    if (last) this.#sql.deleteUpTo.run(id, from, last.timestamp, last.partition, last.offset);
    for (const { partition, offset, value_size: size } of rows)
      if (size !== null) this.#partsOf.push([id, partition, offset]);
    return { rows, isDone };
  }

  #emptyTopic(): Topic {
    const id = this.#nextId++;
    return {
      id,
      rows: 0,
      bytes: 0,
      changes: 0,
      positions: new Positions(),
      partitions: new Set(),
      floors: new Map(),
      timeline: new Timeline(),
      since: null,
    };
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (!topic) throw new Error(`no history of topic ${name}`);
    return topic;
  }
}

/** Whether a record's value has to be kept in parts. */
export function isLarge({ value }: HistoryRecord): boolean {
  return (value?.length ?? 0) > INLINE_BYTES;
}

function valuesOf(id: number, readAt: number | null, records: HistoryRecord[]): SqlValue[] {
  const row: SqlValue[] = [id, readAt];
  for (const record of records) addValues(row, record);
  return row;
}

function beginningOf(record: HistoryRecord): HistoryRecord {
  const { value, valueSize = value!.length } = record;
  // Copied, so that the rest of it can go.
  return { ...record, value: Buffer.from(value!.subarray(0, HEAD_BYTES)), valueSize };
}

/** What was taken, and the bytes that are shown of it. `more` says that it was the bound that ended it. */
interface Taken {
  records: HistoryRecord[];
  shown: number;
  more: boolean;
}

/** Takes rows while they are within a bound. */
function take(topic: string, rows: Iterable<RecordRow>, bound: Bound): Taken {
  const records: HistoryRecord[] = [];
  let [shown, read] = [0, 0];
  for (const row of rows) {
    // What is sent to whoever asks for its message, about.
    const weight = weightIn(row);
    const toShow = Math.min(weight, HEAD_BYTES);
    const isHeavy = shown + toShow > bound.bytes || read + weight > READ_BYTES;
    if (records.length >= bound.limit || (records.length > 0 && isHeavy)) return { records, shown, more: true };
    records.push(fromRow(topic, row));
    shown += toShow;
    read += weight;
  }
  return { records, shown, more: false };
}

/** The offsets of each partition between two positions. */
function* spans(from: Positions, to: Positions): Generator<[partition: number, next: number, end: number]> {
  for (const [partition, { next: end }] of to.entries()) {
    const next = from.get(partition)?.next ?? 0;
    if (next < end) yield [partition, next, end];
  }
}

function values({ timestamp, partition, offset }: Keyset): [number, number, number] {
  return [timestamp, partition, offset];
}
