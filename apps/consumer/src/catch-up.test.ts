import { Positions } from '@hello/broadcasts';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { message, messages } from '../testing/message.ts';
import { CatchUps } from './catch-up.ts';
import { History } from './history.ts';

const TOPIC = 'hello-world';
const BOUND = { maxAgeMs: 1_000, maxRows: 100 };

describe('what newcomers get', () => {
  let history: History;
  let catchUps: CatchUps;
  const offsets = (): number[] => catchUps.since(TOPIC, undefined).messages.map(({ offset }) => offset);
  beforeEach(() => {
    history = new History({ topics: [TOPIC, 'other'], ...BOUND });
    onTestFinished(() => history.close());
    catchUps = new CatchUps(history);
    history.insert(TOPIC, messages(0, 2));
  });

  it('is the same object for all of them, until something changes in their topic', () => {
    const first = catchUps.since(TOPIC, undefined);
    expect(first).toMatchObject({ topic: TOPIC, recovered: false, older: null });
    history.insert('other', [message(0, { topic: 'other' })]);
    expect(catchUps.since(TOPIC, undefined)).toBe(first);
    history.insert(TOPIC, [message(3)]);
    expect(catchUps.since(TOPIC, undefined)).not.toBe(first);
  });

  it.each([
    ['something comes', () => history.insert(TOPIC, [message(3)]), [0, 1, 2, 3]],
    ['something gets too old', () => history.evict(BOUND.maxAgeMs + 2), [2]],
    [
      'something is one too many',
      () => history.insert(TOPIC, messages(3, 2 + BOUND.maxRows)),
      Array.from({ length: 50 }, (_, index) => 53 + index),
    ],
    ['the topic begins anew', () => history.clear(TOPIC), []],
  ])('is new when %s', (_, change, expected) => {
    expect(offsets()).toEqual([0, 1, 2]);
    change();
    expect(offsets()).toEqual(expected);
  });

  it('stays as it is when somebody resumes after a gap', () => {
    history.markGap(TOPIC, 0, 2);
    const before = structuredClone(catchUps.since(TOPIC, undefined));
    const resumed = catchUps.since(TOPIC, Positions.from({ 0: { next: 1, timestamp: 0 } }));
    expect(resumed.messages.map(({ offset }) => offset)).toEqual([1, 2]);
    expect(catchUps.since(TOPIC, undefined)).toEqual(before);
  });
});
