import type { Bound } from './bound.ts';
import { encodeCursor } from './cursor.ts';
import { type Filter, matches } from './filter.ts';
import type { History } from './history.ts';
import { HEAD_BYTES } from './record-row.ts';
import { type Keyset, type Span, spanFrom, startOf } from './keyset.ts';
import { toMessage } from './message.ts';
import { type HistoryRecord, weightOf } from './record.ts';
import type { Page } from './records.ts';

/** How long is looked in one go, in milliseconds: a turn of the work queue. */
const PIECE_MS = 2;

/**
 * Records that are skimmed together: few at first, and many where all are short, of which 200 take less than a
 * millisecond. Of long ones each is read whole, so after one of them it is one at a time.
 */
const SKIM = { first: 4, times: 7, most: 200 };

/**
 * What a search found, in the order in which it looked, and the cursor from which on it goes on, if not everything was
 * looked at.
 */
export interface Found extends Page {
  /** How many records were looked at. */
  looked: number;
  /** The last of them. */
  last: Keyset | undefined;
  /** Bytes of what is shown of what was found. */
  shown: number;
}

/**
 * Looks through a span of a topic's history for what a filter asks for, some milliseconds long, or until there is so
 * much of it as there may be. Of long texts it looks at what is shown of them in a list.
 */
export function search(history: History, topic: string, filter: Filter, span: Span, { limit, bytes }: Bound): Found {
  const end = performance.now() + PIECE_MS;
  const mayMatch = glanceFor(filter);
  const records: HistoryRecord[] = [];
  let [shown, looked] = [0, 0];
  let last: Keyset | undefined;
  const isOver = () => records.length >= limit || (looked > 0 && (shown >= bytes || performance.now() >= end));
  const found = (more: boolean): Found => {
    const next = more ? encodeCursor(topic, last ?? startOf(span)) : null;
    return { records, next, looked, last, shown };
  };
  let skimmed = SKIM.first;
  for (let rest = span; ; rest = spanFrom(last!, rest)) {
    const some = history.skim(topic, rest, skimmed);
    if (!some) return found(false);
    if (isOver()) return found(true);
    skimmed = some.values === null ? 1 : Math.min(SKIM.times * skimmed, SKIM.most);
    if (!mayMatch(some.keys, some.values)) {
      looked += some.count;
      last = some.last;
      continue;
    }
    let left = some.count;
    for (const [timestamp, partition, offset, key, value] of history.outlines(topic, rest)) {
      if (isOver()) return found(true);
      looked += 1;
      last = { timestamp, partition, offset };
      if (mayMatch(key, value)) {
        const record = history.at(topic, partition, offset)!;
        if (matches(filter, toMessage(record))) {
          records.push(record);
          shown += Math.min(weightOf(record), HEAD_BYTES);
        }
      }
      left -= 1;
      if (left === 0) break;
    }
  }
}

/**
 * Tells from the text of keys and values alone that a filter asks for none of their records, which is so of most.
 * Nothing in place of the values says that they are not known.
 */
function glanceFor({ contains, key }: Filter): (keys: string | null, values: string | null) => boolean {
  const words = contains?.toLowerCase();
  return (keys, values) => {
    if (key !== undefined && !keys?.includes(key)) return false;
    if (words === undefined || values === null) return true;
    // A text is a part of its value, but for what is escaped in JSON.
    return values.includes('\\') || values.toLowerCase().includes(words);
  };
}
