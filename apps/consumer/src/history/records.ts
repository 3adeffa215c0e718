import type { StatementSync } from 'node:sqlite';
import type { Positions } from '@hello/broadcasts';
import { type Bound, take } from './bound.ts';
import { encodeCursor } from './cursor.ts';
import type { HistoryDatabase } from './database.ts';
import { type Keyset, type Span, startOf } from './keyset.ts';
import { FIRST_TIME, type HistoryRecord } from './record.ts';
import { fromRow, type RecordRow } from './record-row.ts';
import type { TopicState } from './topic-state.ts';

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

/** The times of a topic's records; null where there is none with a time of its own. */
interface Times {
  oldest: number | null;
  newest: number | null;
}

/** A topic with the id by which its records are found. */
type Topic = Pick<TopicState, 'id' | 'name'>;

/** Reads the records of a history. */
export class Records {
  readonly #database: HistoryDatabase;

  constructor(database: HistoryDatabase) {
    this.#database = database;
  }

  /** See `History.page`. */
  page({ id, name }: Topic, span: Span, bound: Bound): Page {
    const { newestFirst, oldestFirst } = this.#sql;
    const rows = inSpan(id, span, newestFirst, oldestFirst) as Iterable<RecordRow>;
    const { records, more } = take(name, rows, bound);
    const next = more ? encodeCursor(name, records.at(-1) ?? startOf(span)) : null;
    return { records: span.forward ? records.toReversed() : records, next };
  }

  /** The outlines of what is in a span, each read when it is asked for. */
  outlines({ id }: Topic, span: Span): Iterable<Outline> {
    const { outlinesNewestFirst, outlinesOldestFirst } = this.#sql;
    return inSpan(id, span, outlinesNewestFirst, outlinesOldestFirst) as Iterable<Outline>;
  }

  /** The first records of a span, so many at most, together; nothing where it has none. */
  skim({ id }: Topic, span: Span, limit: number): Skimmed | undefined {
    const { skimNewestFirst, skimOldestFirst, placeNewestFirst, placeOldestFirst } = this.#sql;
    const place = [id, ...values(span.before), ...values(span.after)];
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
  at({ id, name }: Topic, partition: number, offset: number): HistoryRecord | undefined {
    const row = this.#sql.at.get(id, partition, offset) as RecordRow | undefined;
    return row && fromRow(name, row);
  }

  /** Where the first record of a partition from an offset on is; nothing where there is none. */
  firstFrom({ id }: Topic, partition: number, offset: number): Keyset | undefined {
    return this.#sql.firstFrom.get(id, partition, offset) as Keyset | undefined;
  }

  /** Where the last record of a partition before an offset is; nothing where there is none. */
  lastBefore({ id }: Topic, partition: number, offset: number): Keyset | undefined {
    return this.#sql.lastBefore.get(id, partition, offset) as Keyset | undefined;
  }

  /**
   * What is between two positions, each partition in its order, from its beginning on within a bound; one record at
   * least, if any.
   */
  between({ id, name }: Topic, from: Positions, to: Positions, { limit, bytes }: Bound): HistoryRecord[] {
    const found: HistoryRecord[] = [];
    let left = bytes;
    for (const [partition, next, end] of spans(from, to)) {
      const rows = this.#sql.fromOffset.iterate(id, partition, next, end) as Iterable<RecordRow>;
      const { records, shown, more } = take(name, rows, { limit: limit - found.length, bytes: left });
      found.push(...records);
      left -= shown;
      if (more || found.length === limit || left <= 0) break;
    }
    return found;
  }

  /** How many records are between two positions; `limit` if there are as many or more. */
  countBetween({ id }: Topic, from: Positions, to: Positions, limit: number): number {
    let count = 0;
    for (const [partition, next, end] of spans(from, to)) {
      count += (this.#sql.countFrom.get(id, partition, next, end, limit - count) as { count: number }).count;
      if (count === limit) break;
    }
    return count;
  }

  /** How many records there are from a time on and before another one. */
  countInTime({ id }: Topic, from: number, to: number): number {
    return (this.#sql.countInTime.get(id, from, to) as { count: number }).count;
  }

  times({ id }: Topic): Times {
    return this.#sql.times.get(id, FIRST_TIME) as unknown as Times;
  }

  get #sql(): HistoryDatabase['sql'] {
    return this.#database.sql;
  }
}

function inSpan(
  id: number,
  { before, after, forward }: Span,
  newestFirst: StatementSync,
  oldestFirst: StatementSync,
): Iterable<unknown> {
  const statement = forward ? oldestFirst : newestFirst;
  return statement.iterate(id, ...values(before), ...values(after));
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
