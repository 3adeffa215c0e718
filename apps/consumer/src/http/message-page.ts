import {
  AFTER_ALL,
  decodeCursor,
  earlier,
  earlierThan,
  type History,
  type HistoryRecord,
  isEverything,
  type Keyset,
  later,
  laterThan,
  PAGE_BYTES,
  type PlaceState,
  search,
  type Span,
  spanFrom,
  toMessage,
} from '../history/index.ts';
import type { MessageQuery } from './query.ts';
import { checkAllowed, type SupervisedOptions } from './supervised.ts';
import type { WorkQueue } from '../work-queue.ts';

const DEFAULT_LIMIT = 50;
/** How long is searched for one answer, in milliseconds, or a piece longer; waiting for others counts. */
const ANSWER_MS = 10;

interface PageOptions extends MessageQuery, Pick<SupervisedOptions, 'topic' | 'isAllowed'> {
  history: History;
  /** Where it takes its turns. */
  work: WorkQueue;
}

/** What was read of a span. */
interface Part {
  /** Newest first. */
  records: HistoryRecord[];
  /** Cursor of what follows in the direction of the span. */
  next: string | null;
  /** With a filter, how many records were looked at, and the time of the last one. */
  searched?: { messages: number; to: number | null };
}

/** The place in the middle of a page, if it was asked for. */
export interface Target {
  partition: number;
  offset: number;
  state: PlaceState;
  /** Its record's time, where it is kept. */
  timestamp: number | null;
}

/** What is older than the middle of a page, and it, is before one place; what is newer is after another. */
interface Middle {
  before: Keyset;
  after: Keyset;
  target?: Target;
}

/** A page of messages as JSON. */
export async function messagePage(options: PageOptions): Promise<string> {
  const { work, limit = DEFAULT_LIMIT, span, around } = options;
  const { records, ...rest } =
    around === undefined
      ? await read(options, span, limit)
      : await readAround(options, middleOf(options, around), limit);
  return work.do(() => {
    checkAllowed(options);
    return JSON.stringify({ messages: records.map((record) => toMessage(record)), ...rest });
  });
}

async function readAround(
  options: PageOptions,
  { before, after, target }: Middle,
  limit: number,
): Promise<Part & { previous: string | null; target?: Target }> {
  const { span } = options;
  const half = Math.ceil(limit / 2);
  const [older, newer] = await Promise.all([
    read(options, { ...span, before: earlier(span.before, before), forward: false }, half),
    read(options, { ...span, after: later(span.after, after), forward: true }, limit - half),
  ]);
  const { next, searched } = older;
  return {
    records: [...newer.records, ...older.records],
    next,
    previous: newer.next,
    ...(searched && { searched: { ...searched, messages: searched.messages + newer.searched!.messages } }),
    ...(target && { target }),
  };
}

function middleOf({ history, topic }: PageOptions, around: NonNullable<MessageQuery['around']>): Middle {
  if (typeof around === 'number') return { before: earlierThan(around + 1), after: laterThan(around) };
  const { partition, offset } = around;
  const state = history.stateOf(topic, partition, offset);
  // Of a partition without records, the newest of the topic are as near as any.
  const place = history.nearest(topic, partition, offset) ?? AFTER_ALL;
  const target = { partition, offset, state, timestamp: state === 'kept' ? place.timestamp : null };
  return { before: { ...place, offset: place.offset + 1 }, after: place, target };
}

async function read(options: PageOptions, span: Span, limit: number): Promise<Part> {
  const { history, work, topic, filter } = options;
  if (!isEverything(filter)) return readMatching(options, span, limit);
  return work.do(() => {
    checkAllowed(options);
    return history.page(topic, { ...span, limit });
  });
}

/** Searches piece by piece until there is enough, or everything was looked at, or it took long enough. */
async function readMatching(options: PageOptions, span: Span, limit: number): Promise<Part> {
  const { history, work, topic, filter } = options;
  const records: HistoryRecord[] = [];
  const searched = { messages: 0, to: null as number | null };
  let [rest, bytes] = [span, PAGE_BYTES];
  let end: number | undefined;
  for (;;) {
    const found = await work.do(() => {
      checkAllowed(options);
      end ??= performance.now() + ANSWER_MS;
      return search(history, topic, filter, rest, { limit: limit - records.length, bytes });
    });
    records.push(...found.records);
    searched.messages += found.looked;
    searched.to = found.last?.timestamp ?? searched.to;
    bytes -= found.shown;
    const { next } = found;
    if (next === null || records.length >= limit || bytes <= 0 || performance.now() >= end!)
      return { records: span.forward ? records.toReversed() : records, next, searched };
    rest = spanFrom(decodeCursor(topic, next), rest);
  }
}
