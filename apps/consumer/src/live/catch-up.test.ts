import { Positions } from '@hello/broadcasts';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { largeRecord, record, records } from '../../testing/record.ts';
import { CatchUps } from './catch-up.ts';
import { decodeCursor } from '../history/cursor.ts';
import { History } from '../history/history.ts';
import { toMessage } from '../history/message.ts';
import type { HistoryRecord } from '../history/record.ts';
import type { CatchUp } from './server-events.ts';

const TOPIC = 'hello-world';
const BOUND = { maxAgeMs: 1_000, maxRows: 100, maxBytes: 1e9 };

describe('what newcomers get', () => {
  let history: History;
  let catchUps: CatchUps;
  const first = (positions?: Positions): CatchUp => catchUps.first(TOPIC, positions).catchUp;
  const offsets = (): number[] => first().messages.map(({ offset }) => offset);
  const insert = (inserted: HistoryRecord[]): void => {
    history.insert(TOPIC, inserted);
    while (history.trim());
    catchUps.noteSent(
      TOPIC,
      inserted.map((each) => toMessage(each)),
    );
  };
  beforeEach(() => {
    history = new History({ topics: [TOPIC, 'other'], ...BOUND });
    onTestFinished(() => history.close());
    catchUps = new CatchUps(history);
    insert(records(0, 2));
  });

  it('is the same object for all of them, until something changes in their topic', () => {
    const before = first();
    expect(before).toMatchObject({ topic: TOPIC, recovered: false, older: null });
    history.insert('other', [record(0, { topic: 'other' })]);
    expect(first()).toBe(before);
    insert([record(3)]);
    expect(first()).not.toBe(before);
  });

  it.each([
    ['something comes', () => insert([record(3)]), [0, 1, 2, 3]],
    ['something gets too old', () => [...history.evictExpired(BOUND.maxAgeMs + 2)], [0, 2]],
    [
      'something is one too many',
      () => insert(records(3, 2 + BOUND.maxRows)),
      Array.from({ length: 50 }, (_, index) => 53 + index),
    ],
    ['the topic begins anew', () => (history.clear(TOPIC), catchUps.noteAllSent(TOPIC)), []],
  ])('is new when %s', (_, change, expected) => {
    expect(offsets()).toEqual([0, 1, 2]);
    change();
    expect(offsets()).toEqual(expected);
  });

  it('is remembered for some positions, not for all that ever came', () => {
    insert(records(3, 99));
    const at = (next: number) => Positions.from({ 0: { next, timestamp: next - 1 } });
    const before = first(at(1));
    for (let next = 2; next <= 50; next += 1) first(at(next));
    expect(first(at(1))).toBe(before);
    first(at(51));
    expect(first(at(1))).not.toBe(before);
  });

  it('is the newest of them within some bytes', () => {
    insert(Array.from({ length: 20 }, (_, index) => largeRecord(3 + index, 50_000)));
    expect(offsets()).toEqual([18, 19, 20, 21, 22]);
  });

  it('leads to what is before the earliest of them, whatever partition that is in', () => {
    const earlier = [record(0, { partition: 1, timestamp: 1 }), record(0, { partition: 2, timestamp: 0 })];
    const given = [record(2), ...earlier].map((each) => toMessage(each));
    history.insert(TOPIC, earlier);
    expect(decodeCursor(TOPIC, catchUps.older(TOPIC, given)!)).toEqual({ timestamp: 0, partition: 2, offset: 0 });
  });

  it('stays as it is when somebody resumes after a gap', () => {
    history.markGap(TOPIC, 0, 2);
    const before = structuredClone(first());
    const resumed = first(Positions.from({ 0: { next: 1, timestamp: 0 } }));
    expect(resumed.messages.map(({ offset }) => offset)).toEqual([1, 2]);
    expect(first()).toEqual(before);
  });
});

describe('what those get who come back', () => {
  let history: History;
  let catchUps: CatchUps;
  const at = (next: number): Positions => Positions.from({ 0: { next, timestamp: next - 1 } });
  const open = (all: HistoryRecord[]): void => {
    history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 100_000, maxBytes: 1e9 });
    onTestFinished(() => history.close());
    history.insert(TOPIC, all);
    catchUps = new CatchUps(history);
  };
  /** Everything up to where it is live, and the number of parts. */
  const all = (positions: Positions) => {
    let part = catchUps.first(TOPIC, positions);
    const offsets = part.catchUp.messages.map(({ offset }) => offset);
    let parts = 1;
    for (; part.next; parts += 1) {
      part = catchUps.following(TOPIC, part.next);
      offsets.push(...part.catchUp.messages.map(({ offset }) => offset));
    }
    return { offsets, parts, last: part.catchUp };
  };
  const upTo = (last: number, first = 0): number[] =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);

  it.each([
    [1_000, true],
    [1_001, false],
  ])('who missed %i messages is all of it: %s', (missed, recovered) => {
    open(records(0, missed));
    const { offsets, last } = all(at(1));
    expect(last.recovered).toBe(recovered);
    expect(offsets).toEqual(recovered ? upTo(missed, 1) : upTo(missed).slice(-50));
  });

  it('comes in parts of bounded bytes, without a loss or a double, and ends where it is live', () => {
    open(upTo(99).map((offset) => largeRecord(offset, 50_000)));
    const { offsets, parts, last } = all(at(10));
    expect(offsets).toEqual(upTo(99, 10));
    expect(parts).toBe(45);
    expect(last).toMatchObject({ recovered: true, positions: history.positions(TOPIC).toJSON() });
  });

  it('is at least one message at a time, however large it is', () => {
    open(upTo(4).map((offset) => largeRecord(offset, 1_000_000)));
    expect(all(at(1))).toMatchObject({ offsets: [1, 2, 3, 4], parts: 2 });
  });

  it.each([
    [250, 1],
    [251, 2],
    [1_000, 4],
  ])('comes in parts of 250: %i of them in %i', (missed, parts) => {
    open(records(0, missed));
    expect(all(at(1)).parts).toBe(parts);
  });

  it.each([
    [10_000, true],
    [10_001, false],
  ])('who are %i messages behind while they catch up get all of it: %s', (missed, recovered) => {
    open(records(0, missed));
    expect(catchUps.first(TOPIC, at(1)).catchUp.recovered).toBe(false);
    expect(catchUps.following(TOPIC, at(1)).catchUp.recovered).toBe(recovered);
  });

  it.each([
    ['of another topic', Positions.from({ 0: { next: 5, timestamp: 1_000 } })],
    ['beyond what there is', at(99)],
  ])('with positions %s is the newest there is', (_, positions) => {
    open(records(0, 9));
    expect(catchUps.first(TOPIC, positions).catchUp).toMatchObject({
      recovered: false,
      positions: history.positions(TOPIC).toJSON(),
      messages: records(0, 9).map(({ offset }) => ({ offset })),
    });
  });

  it('has nothing that did not go out yet to those who are live', () => {
    open(records(0, 9));
    catchUps.livePositions(TOPIC);
    history.insert(TOPIC, records(10, 19));
    expect(all(at(5)).offsets).toEqual(upTo(9, 5));
    expect(catchUps.first(TOPIC, undefined).catchUp.messages.at(-1)!.offset).toBe(9);
    catchUps.noteSent(
      TOPIC,
      records(10, 14).map((each) => toMessage(each)),
    );
    expect(all(at(5)).offsets).toEqual(upTo(14, 5));
  });

  it('goes on after a part though many came meanwhile, and tells of a gap when it is too many', () => {
    open(upTo(9).map((offset) => largeRecord(offset, 60_000)));
    const { next } = catchUps.first(TOPIC, at(1));
    const more = records(10, 9_000);
    history.insert(TOPIC, more);
    catchUps.noteSent(
      TOPIC,
      more.map((each) => toMessage(each)),
    );
    expect(catchUps.following(TOPIC, next!).catchUp.recovered).toBe(true);
    const tooMany = records(9_001, 11_000);
    history.insert(TOPIC, tooMany);
    catchUps.noteSent(
      TOPIC,
      tooMany.map((each) => toMessage(each)),
    );
    expect(catchUps.following(TOPIC, next!)).toMatchObject({ catchUp: { recovered: false } });
  });

  it('is made once for all who come back with the same positions', () => {
    open(records(0, 99));
    expect(catchUps.first(TOPIC, at(50)).catchUp).toBe(catchUps.first(TOPIC, at(50)).catchUp);
    expect(catchUps.first(TOPIC, at(51)).catchUp).not.toBe(catchUps.first(TOPIC, at(50)).catchUp);
  });

  describe('where nothing is left of a partition', () => {
    beforeEach(() => {
      history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 100, maxBytes: 1e9 });
      onTestFinished(() => history.close());
      history.markGap(TOPIC, 1, 5);
      history.insert(TOPIC, records(0, 2));
      catchUps = new CatchUps(history);
    });
    const of1 = (next: number, timestamp = next - 1) =>
      Positions.from({ 0: { next: 2, timestamp: 1 }, 1: { next, timestamp } });

    it('resume where they were, with the positions of this replica or of one that had the last record', () => {
      const given = Positions.from(catchUps.first(TOPIC, undefined).catchUp.positions);
      expect(all(given).last).toMatchObject({ recovered: true, messages: [] });
      expect(of1(5).isAheadOf(catchUps.livePositions(TOPIC))).toBe(false);
      expect(all(of1(5))).toMatchObject({ offsets: [2], last: { recovered: true } });
    });

    it('are told of the gap when they had less of it', () => {
      expect(all(of1(4)).last.recovered).toBe(false);
    });
  });

  it('is the newest 50, after a gap that everyone is told of', () => {
    open(records(0, 99));
    const catchUp = catchUps.afterGap(
      TOPIC,
      records(40, 99).map((each) => toMessage(each)),
    );
    expect(catchUp.messages.map(({ offset }) => offset)).toEqual(upTo(99, 50));
    expect(catchUp).toMatchObject({ recovered: false, positions: { 0: { next: 100, timestamp: 99 } } });
    expect(decodeCursor(TOPIC, catchUp.older!).offset).toBe(50);
  });

  it.each([
    ['1,001 of them', 1_100, at(100), 1_001],
    ['more than 10,000 of them', 10_100, at(1), 10_001],
    ['all of them, of another topic', 9, Positions.from({ 0: { next: 5, timestamp: 1_000 } }), 10],
    ['all of them, since it was beyond what there is', 9, at(99), 10],
  ])('says how many are missed when that is too much: %s', (_, last, positions, missed) => {
    open(records(0, last));
    expect(catchUps.first(TOPIC, positions).catchUp).toMatchObject({ recovered: false, missed });
  });

  it('says nothing of what is missed to whoever missed nothing, or gets it', () => {
    open(records(0, 99));
    for (const positions of [undefined, at(50), at(100)])
      expect(catchUps.first(TOPIC, positions).catchUp).not.toHaveProperty('missed');
  });

  it('says how many messages and partitions there are, without those that come live after it', () => {
    open([...records(0, 99), record(0, { partition: 2 })]);
    history.notePartitions(TOPIC, [0, 1, 2]);
    catchUps.livePositions(TOPIC);
    history.insert(TOPIC, records(100, 109));
    const figures = { total: 101, partitions: 3 };
    const { catchUp, next } = catchUps.first(TOPIC, new Positions());
    expect([catchUp, catchUps.first(TOPIC, undefined).catchUp]).toMatchObject([figures, figures]);
    expect(next).toBeUndefined();
    expect(
      catchUps.afterGap(
        TOPIC,
        records(100, 109).map((each) => toMessage(each)),
      ).total,
    ).toBe(111);
    history.clear(TOPIC);
    catchUps.noteAllSent(TOPIC);
    expect(catchUps.first(TOPIC, undefined).catchUp).toMatchObject({ total: 0, partitions: 0 });
  });

  describe('with a filter', () => {
    const NINES = { contains: 'TEXT 9' };
    const isNine = (offset: number) => `${offset}`.startsWith('9');

    it('is what matches of what was missed, in parts that may have none of it', () => {
      open(records(0, 2_000));
      let part = catchUps.first(TOPIC, at(91), NINES);
      const parts = [part.catchUp];
      while (part.next) {
        part = catchUps.following(TOPIC, part.next, NINES);
        parts.push(part.catchUp);
      }
      expect(parts.flatMap(({ messages }) => messages.map(({ offset }) => offset))).toEqual(
        upTo(2_000, 91).filter(isNine),
      );
      expect(parts.map(({ recovered }) => recovered)).toEqual(Array(8).fill(true));
      expect(parts[1]).toMatchObject({ messages: [], positions: { 0: { next: 591, timestamp: 590 } } });
      expect(part.catchUp.positions).toEqual(history.positions(TOPIC).toJSON());
    });

    it.each([
      [10_000, true],
      [10_001, false],
    ])('is all that matches of %i that passed: %s', (passed, recovered) => {
      open(records(0, passed));
      const { catchUp } = catchUps.first(TOPIC, at(1), NINES);
      expect(catchUp.recovered).toBe(recovered);
      if (recovered) return;
      expect(catchUp).toMatchObject({ messages: [], missed: 10_001, positions: history.positions(TOPIC).toJSON() });
      expect(decodeCursor(TOPIC, catchUp.older!).timestamp).toBeGreaterThan(passed);
    });

    it('is nothing to newcomers but where they are, and where the history of it begins', () => {
      open(records(0, 99));
      const { catchUp, next } = catchUps.first(TOPIC, undefined, NINES);
      expect(catchUp).toMatchObject({ messages: [], recovered: false, total: 100 });
      expect(catchUp.positions).toEqual(history.positions(TOPIC).toJSON());
      expect(decodeCursor(TOPIC, catchUp.older!).timestamp).toBeGreaterThan(99);
      expect(next).toBeUndefined();
    });

    it('is made once for all with the same filter, and not for others', () => {
      open(records(0, 99));
      const first = (contains: string) => catchUps.first(TOPIC, at(50), { contains }).catchUp;
      expect(first('Text 9')).toBe(first('text 9'));
      expect(first('text 9')).not.toBe(first('text 8'));
    });
  });

  it('leads to the history, also when none of the newest messages went out yet', () => {
    open(records(0, 9));
    catchUps.livePositions(TOPIC);
    history.insert(TOPIC, records(10, 200));
    expect(catchUps.first(TOPIC, undefined).catchUp).toMatchObject({ messages: [], older: expect.any(String) });
  });
});
