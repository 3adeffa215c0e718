import type { History } from './history.ts';
import type { Buckets, Counts } from './timeline.ts';
import { widths } from './widths.ts';

/** What somebody wants to see of a topic, in milliseconds since the Unix epoch. */
export interface HistogramQuery {
  /** By default the time of the oldest message. */
  from?: number | undefined;
  /** By default now. */
  to?: number | undefined;
  /** How many buckets at most. */
  buckets: number;
}

/** How many messages of a topic there are at which time. */
export interface Histogram extends Buckets, Counts {
  /** From when on nothing was evicted, in milliseconds since the Unix epoch; null where nothing was at all. */
  since: number | null;
}

/** Messages that are counted one by one at most, and bytes of them, since each is read whole: some milliseconds. */
const FEW = { messages: 5_000, bytes: 8 * 1024 * 1024 };

/**
 * Counts a topic's messages in buckets of time, as narrow as they can be without being too many: exactly, and without
 * looking at many of them. Many are counted in whole cells of the timeline, so their buckets may be some times wider
 * than they had to be.
 *
 * @param now milliseconds since the Unix epoch.
 */
export function histogramOf(history: History, topic: string, query: HistogramQuery, now: number): Histogram {
  const range = rangeOf(history, topic, query, now);
  const timeline = history.timeline(topic);
  const isOfCells = ({ bucketMs }: Buckets) => bucketMs % timeline.cellMs === 0;
  const few = Math.min(FEW.messages, FEW.bytes / history.meanBytes(topic));
  const hasFew = (buckets: Buckets) => timeline.tally(cellsAround(buckets, timeline.cellMs)).counts[0]! <= few;
  const buckets = widths()
    .map((bucketMs) => aligned(range, bucketMs))
    .filter(({ from, to, bucketMs }) => (to - from) / bucketMs <= query.buckets)
    .find((each) => isOfCells(each) || hasFew(each))!;
  const counts = isOfCells(buckets) ? timeline.tally(buckets) : countOneByOne(history, topic, buckets);
  return { ...buckets, ...counts, since: history.completeSince(topic) };
}

function rangeOf(
  history: History,
  topic: string,
  { from, to }: HistogramQuery,
  now: number,
): Omit<Buckets, 'bucketMs'> {
  const end = to ?? Math.max(now, from ?? 0) + 1;
  const { oldest } = history.facts(topic);
  // What is older is there by accident of its time, and would make the rest a stroke at the edge.
  const first = Math.max(oldest ?? now, now - history.maxAgeMs);
  return { from: from ?? Math.max(0, Math.min(first, end - 1)), to: end };
}

function countOneByOne(history: History, topic: string, buckets: Buckets): Counts {
  const { from, to, bucketMs } = buckets;
  const count = (start: number, end: number) => history.countInTime(topic, start, end);
  const timeline = history.timeline(topic);
  const around = cellsAround(buckets, timeline.cellMs);
  const { before, after } = timeline.tally(around);
  return {
    counts: Array.from({ length: (to - from) / bucketMs }, (_, index) =>
      count(from + index * bucketMs, from + (index + 1) * bucketMs),
    ),
    before: before + count(around.from, from),
    after: after + count(to, around.to),
  };
}

/** One bucket of whole cells, which has some buckets in it. */
function cellsAround(buckets: Buckets, cellMs: number): Buckets {
  const { from, to } = aligned(buckets, cellMs);
  return { from, to, bucketMs: to - from };
}

/** The buckets of a width that a range of time is in. */
function aligned({ from, to }: Omit<Buckets, 'bucketMs'>, bucketMs: number): Buckets {
  return { from: Math.floor(from / bucketMs) * bucketMs, to: Math.ceil(to / bucketMs) * bucketMs, bucketMs };
}
