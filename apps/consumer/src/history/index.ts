export { CursorError, decodeCursor, encodeCursor } from './cursor.ts';
export { type Filter, filterShape, isEverything, matches, nameOf } from './filter.ts';
export { histogramOf, type HistogramQuery } from './histogram.ts';
export { type Bound, History, isLarge, PAGE_BYTES, PART_BYTES, type PlaceState } from './history.ts';
export {
  AFTER_ALL,
  BEFORE_ALL,
  earlier,
  earlierThan,
  type Keyset,
  later,
  laterThan,
  type Span,
  spanFrom,
} from './keyset.ts';
export { type HeaderValue, hex, lengthOf, type Message, toMessage, valueAddress, WHOLE } from './message.ts';
export { type HistoryRecord, LATEST, toHistoryRecord, weightOf } from './record.ts';
export { search } from './search.ts';
