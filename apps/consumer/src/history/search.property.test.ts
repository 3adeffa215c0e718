import { encodeBroadcast } from '@hello/broadcasts';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeCursor } from './cursor.ts';
import { type Filter, matches } from './filter.ts';
import { History } from './history.ts';
import { AFTER_ALL, BEFORE_ALL, compareKeysets, type Keyset, type Span, spanFrom } from './keyset.ts';
import { toMessage } from './message.ts';
import type { HistoryRecord } from './record.ts';
import { search } from './search.ts';

const TOPIC = 'hello-world';

/** What is odd about letters, in JSON or in upper and lower case. */
const PIECES = [
  ...['a', 'A', 'b', '0', ' ', '.', "'", 'text', 'unreadable', '"', '\\', '/', '\n', '\0', '{', ':', 'u0061'],
  ...[
    'k',
    'K',
    '\u212a',
    'i',
    'I',
    'İ',
    'ı',
    '\u0307',
    'ß',
    'ẞ',
    'Σ',
    'σ',
    'ς',
    'Α',
    'é',
    'É',
    'e\u0301',
    '😀',
    '\ud83d',
    '\ufeff',
  ],
];
const words = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
/** As few do it, but JSON allows it. */
const escapeAll = (text: string) =>
  text.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const rest = { environment: 'Ab', sequence: 1, sentAt: 0, nextInMs: 0 };
const values = fc.oneof(
  words.map((text) => encodeBroadcast({ text, ...rest })),
  words.map((text) => Buffer.from(`{"version":1,"text":"${escapeAll(text)}","environment":"Ab"}`)),
  words.map((text) => Buffer.from(text)),
  words.map((text) => Buffer.from(JSON.stringify({ other: [text] }))),
  fc.uint8Array({ maxLength: 8 }),
  fc.constant(null),
);
const keys = fc.oneof(
  words.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 4 }),
  fc.constant(null),
);
/** Records of some partitions, of which many have the same time. */
const logs = fc
  .array(
    fc.record({
      partition: fc.integer({ min: 0, max: 2 }),
      timestamp: fc.integer({ min: 0, max: 5 }),
      timestampType: fc.constant('create' as const),
      key: keys,
      headers: fc.constant<HistoryRecord['headers']>([]),
      value: values,
      unreadable: fc.constantFrom(...Array(9).fill(undefined), 'of a codec that is not known'),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((list): HistoryRecord[] => {
    const next = [0, 0, 0];
    return list.map(({ unreadable, ...record }) => {
      const offset = next[record.partition]!++;
      return { topic: TOPIC, offset, ...record, ...(unreadable !== undefined && { unreadable }) };
    });
  });

/** What is asked for is often a part of what is there. */
const searches = logs.chain((log) => {
  const part = (text: string) =>
    fc
      .tuple(fc.nat(text.length), fc.integer({ min: 1, max: 6 }))
      .map(([start, length]) => text.slice(start, start + length) || 'a');
  const some = fc.constantFrom(...log.map((record) => toMessage(record)));
  const filters: fc.Arbitrary<Filter> = fc.oneof(
    words.map((contains) => ({ contains })),
    some.chain(({ text }) => part(text)).map((contains) => ({ contains })),
    some.chain(({ text }) => part(text)).map((contains) => ({ contains: contains.toUpperCase() })),
    some.map(({ key }) => ({ key: key || 'a' })),
    some.chain(({ text, key }) => part(text).map((contains) => ({ contains, key: key || 'a' }))),
  );
  return fc.record({ log: fc.constant(log), filter: filters });
});

const place = ({ partition, offset }: Pick<Keyset, 'partition' | 'offset'>): string => `${partition}/${offset}`;

it('a search finds what matches, each once and in order, whatever the records and the words are', () => {
  fc.assert(
    fc.property(searches, fc.integer({ min: 1, max: 5 }), fc.boolean(), ({ log, filter }, limit, forward) => {
      const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 1e6, maxBytes: 1e9 });
      history.insert(TOPIC, log);
      const expected = log.filter((record) => matches(filter, toMessage(record))).toSorted(compareKeysets);
      const found: string[] = [];
      let looked = 0;
      let span: Span | undefined = { before: AFTER_ALL, after: BEFORE_ALL, forward };
      while (span) {
        const part = search(history, TOPIC, filter, span, { limit, bytes: 1e6 });
        expect(part.records.length).toBeLessThanOrEqual(limit);
        found.push(...part.records.map(place));
        looked += part.looked;
        span = part.next === null ? undefined : spanFrom(decodeCursor(TOPIC, part.next), span);
      }
      expect(found).toEqual((forward ? expected : expected.toReversed()).map(place));
      expect(looked).toBe(log.length);
      history.close();
    }),
    { numRuns: 1_000 },
  );
});
