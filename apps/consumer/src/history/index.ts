export type { Bound } from './bound.ts';
export { CursorError, decodeCursor, encodeCursor } from './cursor.ts';
export { type Filter, filterShape, isEverything, matches, nameOf } from './filter.ts';
export { histogramOf, type HistogramQuery } from './histogram.ts';
export { History, PAGE_BYTES, type PlaceState } from './history.ts';
export {
  AFTER_ALL,
  BEFORE_ALL,
  earlier,
  earlierThan,
  type Keyset,
  later,
  laterThan,
  type PartitionOffset,
  type Span,
  spanFrom,
} from './keyset.ts';
export { isLarge, PART_BYTES } from './large-values.ts';
export {
  type HeaderValue,
  hex,
  lengthOf,
  type Message,
  toMessage,
  UNREADABLE_KINDS,
  type UnreadableKind,
  valueAddress,
  WHOLE,
} from './message.ts';
export { type HistoryRecord, LAST_TIME, toHistoryRecord, weightOf } from './record.ts';
export { search } from './search.ts';
