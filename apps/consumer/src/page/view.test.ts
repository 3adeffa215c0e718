import { describe, expect, it } from 'vitest';
import { placeWords, type View, viewOf } from './view.ts';

const time = new Date(2026, 10, 26, 14, 3, 12).getTime();
const now = time + 60_000;

describe('a view', () => {
  it.each<[Parameters<typeof viewOf>[0], View]>([
    [{ topic: 'a', contains: 'b', key: 'c' }, { kind: 'live' }],
    [{ at: String(time) }, { kind: 'at', time }],
    [{ at: new Date(time).toISOString() }, { kind: 'at', time }],
    [{ at: 'yesterday' }, { kind: 'at', time: null }],
    [{ at: '9'.repeat(30) }, { kind: 'at', time: null }],
    [{ offset: '0/12' }, { kind: 'offset', time: null }],
    [
      { from: String(time), to: String(now) },
      { kind: 'range', from: time, to: now },
    ],
    [{ to: String(time) }, { kind: 'range', from: null, to: time }],
  ])('follows from an address: %j', (address, view) => {
    expect(viewOf(address)).toEqual(view);
  });

  it.each<[Exclude<View, { kind: 'live' }>, string]>([
    [{ kind: 'at', time }, '14:03:12'],
    [{ kind: 'at', time: time - 24 * 3_600_000 }, '25 Nov, 14:03:12'],
    [{ kind: 'offset', time: null }, 'the past'],
    [{ kind: 'range', from: time, to: now }, '14:03:12 – 14:04:12'],
    [{ kind: 'range', from: time, to: null }, '14:03:12 and later'],
    [{ kind: 'range', from: null, to: time }, 'what was before 14:03:12'],
    [{ kind: 'range', from: null, to: null }, 'the past'],
  ])('has words: %j', (view, words) => {
    expect(placeWords(view, now)).toBe(words);
  });
});
