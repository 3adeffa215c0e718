import { describe, expect, it } from 'vitest';
import { message } from '../../testing/message.ts';
import type { Target } from '../http/message-page.ts';
import type { HistoryPage } from './history-page.ts';
import { readMessages } from './incoming.ts';
import { placeIn, readPlace } from './place.ts';

const now = 1_000_000;

/** A page with the messages of some times, the newest first. */
function pageOf(times: number[], rest: Partial<HistoryPage> = {}): HistoryPage {
  const shown = readMessages(
    times.map((time) => message(time)),
    0,
  );
  const entries = shown.map((each) => ({
    message: each,
    receivedAt: null,
    shownAt: null,
    older: undefined,
    afterGap: false,
  }));
  return { entries, next: null, ...rest };
}

const target = (offset: number, state: Target['state'], timestamp: number | null = null): Target => ({
  partition: 0,
  offset,
  state,
  timestamp,
});

describe('a place in the history', () => {
  it('is the last message that there was at a moment', () => {
    const page = pageOf([50, 40, 30, 20]);
    const place = placeIn(page, { kind: 'at', time: 45 }, now);
    expect(place).toEqual({ view: { kind: 'at', time: 45 }, entry: page.entries[1], isFound: true, words: null });
  });

  it('is the first message there is, and says so, where the history begins later', () => {
    const page = pageOf([50, 40]);
    const { entry, isFound, words } = placeIn(page, { kind: 'at', time: 10 }, now);
    expect({ entry, isFound }).toEqual({ entry: page.entries[1], isFound: false });
    expect(words).toMatch(/^The history has nothing of this moment: it begins at .*\d\d:\d\d:\d\d\.$/);
  });

  it('is the newest message, and says so, of a moment to come', () => {
    const page = pageOf([50, 40]);
    const { entry, words } = placeIn(page, { kind: 'at', time: now + 1 }, now);
    expect(entry).toBe(page.entries[0]);
    expect(words).toBe('This moment is still to come: the newest messages are these.');
  });

  it('is the message that was asked for, at its time', () => {
    const page = pageOf([50, 40, 30], { target: target(40, 'kept', 40) });
    const place = placeIn(page, { kind: 'offset', time: null }, now);
    expect(place).toEqual({ view: { kind: 'offset', time: 40 }, entry: page.entries[1], isFound: true, words: null });
  });

  it.each([
    ['evicted', 'The message 0/12 was evicted: the history does not keep it any more. Its nearest are these.', 30],
    ['absent', 'There never was a message 0/12. The nearest to it are these.', 30],
    ['ahead', 'There is no message 0/12 yet. The newest before it are these.', 30],
  ] as const)('says that a message is %s, and is the nearest one', (state, words, time) => {
    const page = pageOf([50, 40, 30], { target: target(12, state) });
    const place = placeIn(page, { kind: 'offset', time: null }, now);
    expect(place).toEqual({ view: { kind: 'offset', time }, entry: page.entries[2], isFound: false, words });
  });

  it('is none where there is no message at all', () => {
    for (const state of ['evicted', 'absent', 'ahead'] as const)
      expect(placeIn(pageOf([], { target: target(0, state) }), { kind: 'offset', time: null }, now).entry).toBe(
        undefined,
      );
    expect(placeIn(pageOf([]), { kind: 'at', time: 5 }, now)).toMatchObject({ entry: undefined, words: null });
  });
});

describe('a place that somebody wrote', () => {
  it.each([
    ['0/12', 3, { offset: '0/12' }],
    ['12', 1, { offset: '0/12' }],
    ['12', 3, { error: 'Which partition? Write it before the offset, such as 0/12.' }],
    ['12', undefined, { error: 'Which partition? Write it before the offset, such as 0/12.' }],
    ['-1', 1, { error: 'Write the partition and the offset as numbers, such as 0/12.' }],
    ['0/', 1, { error: 'Write the partition and the offset as numbers, such as 0/12.' }],
    ['a/b', 1, { error: 'Write the partition and the offset as numbers, such as 0/12.' }],
  ])('is read: %s of %s partitions', (text, partitions, expected) => {
    expect(readPlace(text, partitions)).toEqual(expected);
  });
});
