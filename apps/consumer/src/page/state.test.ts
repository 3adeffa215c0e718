import { describe, expect, it } from 'vitest';
import {
  atStart,
  disconnected,
  hearsAll,
  heldWords,
  holdsNew,
  mayShowHeld,
  pillWords,
  type Search,
  searchWords,
  type State,
} from './state.ts';

const now = new Date(2026, 10, 26, 21, 36, 30).getTime();
const since = now - 27_000;
const live: State = { ...atStart({ kind: 'live' }), connection: { kind: 'live' } };
const held = (count: number, isComplete = true) => ({ held: { count, isComplete } });
const past = { view: { kind: 'at', time: now - 3_600_000 } } as const;

const pill = (state: Partial<State>) => {
  const { kind, text, more } = pillWords({ ...live, ...state }, now);
  return `${kind}: ${text}${more}`;
};

describe('the pill', () => {
  it.each<[string, Partial<State>]>([
    ['live: Live', {}],
    ['live: Live', { reading: true, ...held(3) }],
    ['paused: Paused', { paused: true }],
    ['paused: Paused, 12 new', { paused: true, ...held(12) }],
    ['paused: Paused, more than 10,000 new', { paused: true, ...held(Infinity, false) }],
    ['past: Looking at 20:36:30', past],
    ['past: Looking at 20:36:30, 1,340 new', { ...past, paused: true, ...held(1_340) }],
    ['connecting: Connecting…', { connection: { kind: 'connecting', nextTry: null } }],
    ['connecting: Connecting…, trying again in 3 s', { connection: { kind: 'connecting', nextTry: now + 2_400 } }],
    [
      'lost: Disconnected since 21:36:03, reconnecting in 3 s',
      { connection: { kind: 'lost', since, nextTry: now + 3_000 } },
    ],
    [
      'lost: Disconnected since 21:36:03, reconnecting in 1 s',
      { connection: { kind: 'lost', since, nextTry: now - 5 } },
    ],
    [
      'lost: Disconnected since 21:36:03, reconnecting…',
      { connection: { kind: 'lost', since, nextTry: null }, paused: true, ...past, ...held(5) },
    ],
    ['refused: Refused', { connection: { kind: 'refused', since, nextTry: null } }],
    ['refused: Refused, trying again in 42 s', { connection: { kind: 'refused', since, nextTry: now + 42_000 } }],
  ])('says "%s"', (words, state) => {
    expect(pill(state)).toBe(words);
  });

  it('tells from when on the connection is away, however often it is tried', () => {
    const lost = disconnected({ kind: 'live' }, 'lost', since + 300, since);
    const again = disconnected(lost, 'lost', null, now);
    expect(again).toEqual({ kind: 'lost', since, nextTry: null });
    expect(disconnected(again, 'refused', null, now)).toEqual({ kind: 'refused', since, nextTry: null });
  });

  it('does not say that what never was there was lost', () => {
    const connecting = disconnected({ kind: 'connecting', nextTry: null }, 'lost', now + 300, now);
    expect(connecting).toEqual({ kind: 'connecting', nextTry: now + 300 });
    expect(disconnected(connecting, 'refused', null, now)).toEqual({ kind: 'refused', since: now, nextTry: null });
  });
});

describe('new messages', () => {
  it.each<Partial<State>>([{ paused: true }, { reading: true }, { selecting: true }, past, held(1), held(0, false)])(
    'are held: %j',
    (state) => {
      expect(holdsNew({ ...live, ...state })).toBe(true);
    },
  );

  it('are not held when nothing is in their way', () => {
    expect(holdsNew(live)).toBe(false);
    expect(holdsNew({ ...live, connection: { kind: 'lost', since, nextTry: null }, missing: true })).toBe(false);
  });

  it('are shown by themselves once nobody is in their way, if all of them are there', () => {
    expect(mayShowHeld({ ...live, ...held(3) })).toBe(true);
    expect(mayShowHeld({ ...live, ...held(3, false) })).toBe(false);
    expect(mayShowHeld(live)).toBe(false);
    for (const busy of [{ paused: true }, { reading: true }, { selecting: true }, past])
      expect(mayShowHeld({ ...live, ...held(3), ...busy })).toBe(false);
  });

  it.each<[string | null, Partial<State>]>([
    [null, {}],
    [null, { paused: true }],
    ['Show 157 new', held(157)],
    ['Show 157 new', { paused: true, ...held(157, false) }],
    ['Show more than 10,000 new', { reading: true, ...held(Infinity, false) }],
    ['Back to live', held(0, false)],
    ['Back to live', past],
    ['Back to live, 340 new', { ...past, ...held(340) }],
  ])('have a button that says %j', (words, state) => {
    expect(heldWords({ ...live, ...state })).toBe(words);
  });
});

describe('the next broadcast', () => {
  it('is not waited for without a connection, nor by who hears only some of them', () => {
    expect(hearsAll(live)).toBe(true);
    expect(hearsAll({ ...live, paused: true, ...past })).toBe(true);
    expect(hearsAll({ ...live, connection: { kind: 'lost', since, nextTry: null } })).toBe(false);
    expect(hearsAll({ ...live, search: { status: 'done', found: 0, searched: 0, to: null, live: 0 } })).toBe(false);
  });
});

describe('a search', () => {
  it.each<[string, Partial<Search>]>([
    ['0 found, searching…', {}],
    ['12 found back to 21:36:03, searching…', { found: 12, to: since, searched: 500 }],
    ['12 found back to 21:36:03, stopped', { status: 'stopped', found: 12, to: since }],
    ['500 found back to 21:36:03, the page is full', { status: 'full', found: 500, to: since }],
    ['3 of 1,958', { status: 'done', found: 3, to: since, searched: 1_958 }],
    ['3 of 958, 2 new', { status: 'done', found: 3, to: since, searched: 958, live: 2 }],
  ])('says "%s"', (words, search) => {
    const running: Search = { status: 'running', found: 0, searched: 0, to: null, live: 0 };
    expect(searchWords({ ...running, ...search }, now)).toBe(words);
  });
});
