import { encodeCursor } from './cursor.ts';
import { type Filter, matches } from './filter.ts';
import type { Bound, History, Outline, Page } from './history.ts';
import { HEAD_BYTES } from './record-row.ts';
import { type Keyset, type Span, startOf } from './keyset.ts';
import { toMessage } from './message.ts';
import { type HistoryRecord, weightOf } from './record.ts';

/** How long is looked in one go, in milliseconds: a turn of the work queue. */
const PIECE_MS = 2;

/** What a search found, in the order in which it looked, and the cursor from which on it goes on, if not everything was looked at. */
export interface Found extends Page {
  /** How many records were looked at. */
  looked: number;
  /** The last of them. */
  last: Keyset | undefined;
  /** Bytes of what is shown of what was found. */
  shown: number;
}

/**
 * Looks through a span of a topic's history for what a filter asks for, some milliseconds long, or until there is so much of it as
 * there may be. Of long texts it looks at what is shown of them in a list.
 */
export function search(history: History, topic: string, filter: Filter, span: Span, { limit, bytes }: Bound): Found {
  const end = performance.now() + PIECE_MS;
  const mayMatch = glanceFor(filter);
  const records: HistoryRecord[] = [];
  let [shown, looked] = [0, 0];
  let last: Keyset | undefined;
  const found = (more: boolean): Found => {
    const next = more ? encodeCursor(topic, last ?? startOf(span)) : null;
    return { records, next, looked, last, shown };
  };
  for (const outline of history.outlines(topic, span)) {
    const isOver = looked > 0 && (shown >= bytes || performance.now() >= end);
    if (records.length >= limit || isOver) return found(true);
    looked += 1;
    const [timestamp, partition, offset] = outline;
    last = { timestamp, partition, offset };
    if (!mayMatch(outline)) continue;
    const record = history.at(topic, partition, offset)!;
    if (!matches(filter, toMessage(record))) continue;
    records.push(record);
    shown += Math.min(weightOf(record), HEAD_BYTES);
  }
  return found(false);
}

/** Tells from an outline alone of most records that a filter does not ask for that it does not. */
function glanceFor({ contains, key }: Filter): (outline: Outline) => boolean {
  const words = contains?.toLowerCase();
  return ([, , , keyText, value]) => {
    if (key !== undefined && !keyText?.includes(key)) return false;
    if (words === undefined || value === null) return true;
    // A text is a part of its value, but for what is escaped in JSON.
    return value.includes('\\') || value.toLowerCase().includes(words);
  };
}
