import { encodeBroadcast, type LogRecord } from '@hello/broadcasts';
import * as fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { CatchUps } from './live/catch-up.ts';
import { decodeCursor } from './history/cursor.ts';
import { matches } from './history/filter.ts';
import { readHandshake } from './live/handshake.ts';
import { History } from './history/history.ts';
import type { Keyset } from './history/keyset.ts';
import { type Message, toMessage } from './history/message.ts';
import { type HistoryRecord, toHistoryRecord } from './history/record.ts';

const TOPIC = 'hello-world';
const NANOSECONDS = 1.7e18;

const timestamps = fc.oneof(
  fc.constantFrom(-1, 0, 1, NANOSECONDS, -NANOSECONDS, 2 ** 53, 8.64e15 + 1, 253_402_300_799_999, 253_402_300_800_000),
  fc.integer({ min: 1_600_000_000_000, max: 1_800_000_000_000 }),
);
const bytes = fc.option(fc.uint8Array({ maxLength: 40 }));
const values = fc.oneof(
  bytes,
  fc.json().map((json) => Buffer.from(json)),
  fc
    .string({ unit: 'binary', maxLength: 80 })
    .map((text) => encodeBroadcast({ text, environment: 'odd', sequence: 1, sentAt: 0, nextInMs: 0 })),
);
/** Records of some partitions, each with offsets that rise, from any first one on, with holes. */
const logs = fc
  .array(
    fc.record({
      partition: fc.integer({ min: 0, max: 2 }),
      step: fc.integer({ min: 1, max: 5 }),
      timestamp: timestamps,
      timestampType: fc.constantFrom('create' as const, 'append' as const),
      key: bytes,
      headers: fc.array(fc.tuple(fc.string({ unit: 'binary' }), bytes), { maxLength: 2 }),
      value: values,
      unreadable: fc.option(fc.string(), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((list): LogRecord[] => {
    const next = new Map<number, number>();
    return list.map(({ step, unreadable, ...record }) => {
      const offset = (next.get(record.partition) ?? 0) + step - 1;
      next.set(record.partition, offset + 1);
      return { topic: TOPIC, offset, ...record, ...(unreadable !== undefined && { unreadable }) };
    });
  });

function historyOf(log: LogRecord[]): History {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 1e6, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  for (const record of log) {
    const before = history.positions(TOPIC).get(record.partition)?.timestamp ?? 0;
    history.insert(TOPIC, [toHistoryRecord(record, before)]);
  }
  return history;
}

const place = ({ partition, offset }: Pick<HistoryRecord, 'partition' | 'offset'>): string => `${partition}/${offset}`;
/** As it is after it went to a client and came back. */
const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

it('every page leads to the next one, through all records once, whatever they are', () => {
  fc.assert(
    fc.property(logs, fc.integer({ min: 1, max: 7 }), fc.boolean(), (log, limit, forward) => {
      const history = historyOf(log);
      const seen: string[] = [];
      let from: Keyset | undefined = forward ? { timestamp: -1, partition: 0, offset: 0 } : undefined;
      for (let more = true; more;) {
        const page = history.page(TOPIC, { limit, [forward ? 'after' : 'before']: from });
        seen.push(...page.records.map(place));
        more = page.next !== null;
        if (page.next) from = decodeCursor(TOPIC, page.next);
      }
      expect(seen.toSorted()).toEqual(log.map(place).toSorted());
    }),
  );
});

it('every position that is given out is taken back, by the whole or by each message, and nothing is missed or doubled', () => {
  fc.assert(
    fc.property(logs, fc.nat(), (log, at) => {
      const first = log.slice(0, at % log.length);
      const history = historyOf(first);
      const catchUps = new CatchUps(history);
      const newcomer = sent(catchUps.first(TOPIC, undefined).catchUp);
      const rest = log.slice(first.length).map((record) => {
        const before = history.positions(TOPIC).get(record.partition)?.timestamp ?? 0;
        return history.insert(TOPIC, [toHistoryRecord(record, before)])[0]!;
      });
      catchUps.noteAllSent(TOPIC);
      const { positions } = readHandshake(sent({ topic: TOPIC, positions: newcomer.positions }), [TOPIC]);
      const missed = sent(catchUps.first(TOPIC, positions).catchUp);
      expect(missed.recovered).toBe(true);
      expect(missed.messages.map(place).toSorted()).toEqual(rest.map(place).toSorted());
      // As a client moves them on.
      const moved = { ...newcomer.positions };
      for (const { partition, offset, timestamp } of missed.messages)
        moved[partition] = { next: offset + 1, timestamp };
      const again = readHandshake(sent({ topic: TOPIC, positions: moved }), [TOPIC]);
      expect(catchUps.first(TOPIC, again.positions).catchUp).toMatchObject({ recovered: true, messages: [] });
    }),
  );
});

it('whoever comes back with a filter gets all that matches of what was missed, and nothing else, whatever it is', () => {
  const filters = fc.record({
    contains: fc.string({ unit: 'binary', maxLength: 2 }),
    key: fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(logs, fc.nat(), filters, (log, at, asked) => {
      const first = log.slice(0, at % log.length);
      const history = historyOf(first);
      const catchUps = new CatchUps(history);
      const { filter } = readHandshake(sent({ topic: TOPIC, ...asked }), [TOPIC]);
      const newcomer = sent(catchUps.first(TOPIC, undefined, filter).catchUp);
      const rest = log.slice(first.length).map((record) => {
        const before = history.positions(TOPIC).get(record.partition)?.timestamp ?? 0;
        return toMessage(history.insert(TOPIC, [toHistoryRecord(record, before)])[0]!);
      });
      const batchPositions = catchUps.livePositionsAfter(TOPIC, rest);
      catchUps.noteAllSent(TOPIC);
      const comeBack = (positions: object) => {
        const handshake = readHandshake(sent({ topic: TOPIC, positions, ...asked }), [TOPIC]);
        return sent(catchUps.first(TOPIC, handshake.positions, handshake.filter).catchUp);
      };
      const missed = comeBack(newcomer.positions);
      const expected = rest.filter((message) => matches(filter, message));
      expect(missed.recovered).toBe(true);
      expect(missed.messages.map(place).toSorted()).toEqual(expected.map(place).toSorted());
      for (const positions of [missed.positions, batchPositions])
        expect(comeBack(positions)).toMatchObject({ recovered: true, messages: [] });
    }),
  );
});

it('every message has a time that is a date, and is the same after a walk through JSON', () => {
  fc.assert(
    fc.property(logs, (log) => {
      for (const record of historyOf(log).page(TOPIC, { limit: 100 }).records) {
        const message: Message = toMessage(record);
        expect(new Date(message.timestamp).getTime()).toBe(message.timestamp);
        expect(new Date(message.timestamp).toISOString()).toMatch(/^\d{4}-/);
        expect(sent(message)).toEqual(message);
      }
    }),
  );
});

it('a record keeps a time that is one, and takes the one before where it has none', () => {
  const log = [5, -1, NANOSECONDS, 7, 253_402_300_800_000].map((timestamp, offset): LogRecord => ({
    topic: TOPIC,
    partition: 0,
    offset,
    timestamp,
    timestampType: 'create',
    key: null,
    headers: [],
    value: null,
  }));
  const { records } = historyOf(log).page(TOPIC, { limit: 10 });
  expect(records.map(({ offset, timestamp, timestampType }) => [offset, timestamp, timestampType])).toEqual([
    [4, 7, 'unknown'],
    [3, 7, 'create'],
    [2, 5, 'unknown'],
    [1, 5, 'unknown'],
    [0, 5, 'create'],
  ]);
});
