import type { Positions } from '@hello/broadcasts';
import type { Bound } from './bound.ts';
import { HistoryDatabase } from './database.ts';
import { type Bounds, Eviction, type EvictionReason } from './eviction.ts';
import { AFTER_ALL, BEFORE_ALL, type Keyset, type PartitionOffset, type Span } from './keyset.ts';
import { LargeValues, withoutParts } from './large-values.ts';
import type { HistoryRecord } from './record.ts';
import { type Outline, type Page, Records, type Skimmed } from './records.ts';
import type { Timeline } from './timeline.ts';
import { type Absence, TopicState } from './topic-state.ts';

/** What has become of a place: a record is there, or why there is none. */
export type PlaceState = 'kept' | Absence;

/** What there is of a topic. */
export interface Facts {
  messages: number;
  /** How many it is known to have. */
  partitions: number;
  /** Times of records, in milliseconds since the Unix epoch; null where there is none with a time of its own. */
  oldest: number | null;
  newest: number | null;
}

interface HistoryOptions extends Bounds {
  topics: string[];
}

/** Bytes of a page, about, of what is shown. */
export const PAGE_BYTES = 1024 * 1024;

/**
 * The records of some topics, as they came, each once, bounded by age, number and bytes. It lives in a temporary file
 * that is gone when the process ends, since the log has everything and is read again. All of it is synchronous, so what
 * was asked in one go is true at one moment, and each of it takes a few milliseconds at most; what is more is done by
 * asking again.
 */
export class History {
  /** How long a record is kept at most, in milliseconds. */
  readonly maxAgeMs: number;
  readonly #database = new HistoryDatabase();
  readonly #records = new Records(this.#database);
  readonly #largeValues = new LargeValues(this.#database);
  readonly #topics = new Map<string, TopicState>();
  readonly #eviction: Eviction;
  #nextId = 0;

  constructor({ topics, ...bounds }: HistoryOptions) {
    this.maxAgeMs = bounds.maxAgeMs;
    for (const topic of topics) this.#topics.set(topic, new TopicState(this.#nextId++, topic));
    const [database, largeValues] = [this.#database, this.#largeValues];
    this.#eviction = new Eviction({ ...bounds, database, largeValues, topics: this.#topics });
  }

  /** The topics, in the order in which they were given. */
  get topics(): string[] {
    return [...this.#topics.keys()];
  }

  /** Bytes of its file that are in use. */
  get bytes(): number {
    return this.#database.bytes;
  }

  /** How many records were evicted, of all topics, and why. */
  get evicted(): Readonly<Record<EvictionReason, number>> {
    return this.#eviction.evicted;
  }

  /** How many records of a topic there are. */
  count(topic: string): number {
    return this.#topic(topic).count;
  }

  /** Bytes that one of a topic's records has on average, about. */
  meanBytes(topic: string): number {
    const { bytes, count } = this.#topic(topic);
    return bytes / Math.max(1, count);
  }

  /** A number that is another one whenever a topic's pages, count or positions are. */
  version(topic: string): number {
    return this.#topic(topic).version;
  }

  /** What there is of a topic. */
  facts(topic: string): Facts {
    const state = this.#topic(topic);
    return { messages: state.count, partitions: state.partitions.size, ...this.#records.times(state) };
  }

  /** How many records of a topic there are at which time. */
  timeline(topic: string): Timeline {
    return this.#topic(topic).timeline;
  }

  /**
   * The time from which on nothing of a topic was evicted, in milliseconds since the Unix epoch; null where nothing
   * was.
   */
  completeSince(topic: string): number | null {
    return this.#topic(topic).completeSince;
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
    this.#topic(topic).notePartitions(partitions);
  }

  /**
   * Adds records of one topic, in the log's order, and answers with those that were not there before. Of a value above
   * `INLINE_BYTES` its parts must be there, see `addPart`; the record keeps its beginning.
   *
   * @param readAt when they were read, in milliseconds since the Unix epoch, where `at` is to tell.
   * @throws when the folder of temporary files cannot be written to.
   */
  insert(topic: string, records: HistoryRecord[], readAt: number | null = null): HistoryRecord[] {
    const state = this.#topic(topic);
    const added = state.add(records.map(withoutParts));
    if (added.length > 0) this.#database.insert({ id: state.id, records: added, readAt });
    return added;
  }

  /** Adds a part of the value of a record that is to be inserted, the first part being 0. */
  addPart(topic: string, place: PartitionOffset, part: number, bytes: Uint8Array): void {
    this.#largeValues.addPart(this.#topic(topic).id, place, part, bytes);
  }

  /** A part of a value that is kept in parts; nothing after the last one. */
  part(topic: string, place: PartitionOffset, part: number): Uint8Array | undefined {
    return this.#largeValues.part(this.#topic(topic).id, place, part);
  }

  /**
   * Notes that what was before an offset is gone: nobody can resume from before it without a gap, or is to wait for it.
   */
  markGap(topic: string, partition: number, offset: number): void {
    this.#topic(topic).markGap(partition, offset);
  }

  /**
   * Evicts some of what is above a bound of number or bytes. Answers whether there is more to evict: then it is to be
   * asked again.
   */
  trim(): boolean {
    return this.#eviction.trim();
  }

  /** Evicts what is too old, step by step. Records without a time of their own are not known to be. */
  evictExpired(now: number): Generator<void> {
    return this.#eviction.evictExpired(now);
  }

  /** Forgets a topic's records, because the topic was created anew. They are deleted by `trim`. */
  clear(topic: string): void {
    const { id, version } = this.#topic(topic);
    this.#eviction.forget(id);
    this.#topics.set(topic, new TopicState(this.#nextId++, topic, version + 1));
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
    return this.#records.page(this.#topic(topic), span, { limit, bytes });
  }

  /** The outlines of what is in a span, each read when it is asked for. */
  outlines(topic: string, span: Span): Iterable<Outline> {
    return this.#records.outlines(this.#topic(topic), span);
  }

  /** The first records of a span, so many at most, together; nothing where it has none. */
  skim(topic: string, span: Span, limit: number): Skimmed | undefined {
    return this.#records.skim(this.#topic(topic), span, limit);
  }

  /** The record at a place, if it is there. */
  at(topic: string, partition: number, offset: number): HistoryRecord | undefined {
    return this.#records.at(this.#topic(topic), partition, offset);
  }

  /** What has become of the record at a place. */
  stateOf(topic: string, partition: number, offset: number): PlaceState {
    const state = this.#topic(topic);
    const first = this.#records.firstFrom(state, partition, offset);
    return first?.offset === offset ? 'kept' : state.absenceOf(partition, offset);
  }

  /**
   * Where the first record of a partition from an offset on is, or else the last one before it; nothing where it has
   * none.
   */
  nearest(topic: string, partition: number, offset: number): Keyset | undefined {
    const state = this.#topic(topic);
    return this.#records.firstFrom(state, partition, offset) ?? this.#records.lastBefore(state, partition, offset);
  }

  /**
   * What is between two positions, each partition in its order, from its beginning on within a bound; one record at
   * least, if any.
   */
  between(topic: string, from: Positions, to: Positions, bound: Bound): HistoryRecord[] {
    return this.#records.between(this.#topic(topic), from, to, bound);
  }

  /** How many records are between two positions; `limit` if there are as many or more. */
  countBetween(topic: string, from: Positions, to: Positions, limit: number): number {
    return this.#records.countBetween(this.#topic(topic), from, to, limit);
  }

  /**
   * How many records of a topic there are from a time on and before another one, in milliseconds since the Unix epoch.
   */
  countInTime(topic: string, from: number, to: number): number {
    return this.#records.countInTime(this.#topic(topic), from, to);
  }

  /**
   * Whether something is gone that came after positions. A partition that they do not have counts from its first
   * record.
   */
  hasGapAfter(topic: string, positions: Positions): boolean {
    return this.#topic(topic).hasGapAfter(positions);
  }

  /** Whether positions belong to a topic of the same name before it was created anew, as far as can be told. */
  isOfAnotherTopic(topic: string, positions: Positions): boolean {
    const own = this.positions(topic);
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
    this.#database.close();
  }

  #topic(name: string): TopicState {
    const topic = this.#topics.get(name);
    if (!topic) throw new Error(`no history of topic ${name}`);
    return topic;
  }
}
