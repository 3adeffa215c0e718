import { absolute } from './time.ts';
import { placeWords, type View } from './view.ts';

/** How the page stands with the server. Times are milliseconds since the Unix epoch, by the server's clock. */
export type Link =
  | { kind: 'live' }
  /** Not live yet. `nextTry` is null while a try goes on, and where none follows. */
  | { kind: 'connecting'; nextTry: number | null }
  | { kind: 'lost' | 'refused'; since: number; nextTry: number | null };

/** What came and is not shown yet. */
export interface Held {
  /** Infinity for more than `MISSED_KNOWN`. */
  count: number;
  /** Whether the page has all of it; otherwise it is got from the server again. */
  isComplete: boolean;
}

/** The search of the history for what somebody looks for. */
export interface Search {
  status: 'running' | 'stopped' | 'full' | 'done';
  found: number;
  /** Messages that were looked at. */
  searched: number;
  /** The time of the last one of them; null as long as there is none. */
  to: number | null;
  /** Matching messages that came live since it began. */
  live: number;
}

/** How the page stands. All that it says of that follows from here. */
export interface State {
  connection: Link;
  paused: boolean;
  /** Whether somebody scrolled into the rows. */
  reading: boolean;
  /** Whether somebody selects text in the rows. */
  selecting: boolean;
  /** Whether somebody has a message open. */
  opened: boolean;
  /** Whether messages are missing between what came last and what comes next. */
  missing: boolean;
  held: Held;
  view: View;
  /** Null where nobody looks for anything. */
  search: Search | null;
  /** What went wrong with the last thing that somebody wanted to see. */
  error: string | null;
}

/** What the server counts of the messages that were missed; of more it says only that there are more. */
export const MISSED_KNOWN = 10_000;

const NOTHING_HELD: Held = { count: 0, isComplete: true };

export const SEARCH_AT_START: Search = { status: 'running', found: 0, searched: 0, to: null, live: 0 };

export const atStart = (view: View): State => ({
  connection: { kind: 'connecting', nextTry: null },
  paused: false,
  reading: false,
  selecting: false,
  opened: false,
  missing: false,
  held: NOTHING_HELD,
  view,
  search: null,
  error: null,
});

/** The connection after one that is not there: it was lost when it was live last. */
export function disconnected(before: Link, kind: 'lost' | 'refused', nextTry: number | null, now: number): Link {
  if (before.kind === 'connecting' && kind === 'lost') return { kind: 'connecting', nextTry };
  const since = before.kind === 'lost' || before.kind === 'refused' ? before.since : now;
  return { kind, since, nextTry };
}

/** Whether the rows are of the past, so that what comes live does not follow on them. */
export function isPast({ view }: State): boolean {
  return view.kind !== 'live';
}

/** Whether anything is held, so that what comes after it must be held too. */
function isHolding({ held }: State): boolean {
  return held.count > 0 || !held.isComplete;
}

/** Whether what comes is held back, so that nothing moves under somebody's eyes or hand. */
export function holdsNew(state: State): boolean {
  return isBusy(state) || isHolding(state);
}

/** Whether what is held can be shown without being asked for, since nobody is in the way of it any more. */
export function mayShowHeld(state: State): boolean {
  return isHolding(state) && state.held.isComplete && !isBusy(state);
}

/**
 * Whether the next broadcast of the topic would be heard here: not without a connection, nor by who hears only some of
 * them.
 */
export function hearsAll({ connection, search }: State): boolean {
  return connection.kind === 'live' && search === null;
}

/** What the pill says. `text` is announced to people who do not see it, `more` counts and is not. */
export interface PillWords {
  kind: 'connecting' | 'live' | 'paused' | 'past' | 'lost' | 'refused';
  text: string;
  more: string;
}

export function pillWords(state: State, now: number): PillWords {
  const { connection, held, view } = state;
  const more = held.count > 0 ? `, ${count(held.count)} new` : '';
  if (connection.kind === 'connecting')
    return { kind: 'connecting', text: 'Connecting…', more: tryWords('trying again', connection.nextTry, now) };
  if (connection.kind === 'refused')
    return { kind: 'refused', text: 'Refused', more: tryWords('trying again', connection.nextTry, now) };
  if (connection.kind === 'lost') {
    const text = `Disconnected since ${absolute(connection.since, now)}`;
    return { kind: 'lost', text, more: tryWords('reconnecting', connection.nextTry, now) || ', reconnecting…' };
  }
  if (view.kind !== 'live') return { kind: 'past', text: `Looking at ${placeWords(view, now)}`, more };
  return state.paused ? { kind: 'paused', text: 'Paused', more } : { kind: 'live', text: 'Live', more: '' };
}

/** What the button says that shows what is held, or goes back to live; null where there is nothing to show. */
export function heldWords(state: State): string | null {
  const { held } = state;
  if (isPast(state)) return held.count > 0 ? `Back to live, ${count(held.count)} new` : 'Back to live';
  if (!isHolding(state)) return null;
  return held.count > 0 ? `Show ${count(held.count)} new` : 'Back to live';
}

/** What is said of a search. */
export function searchWords({ status, found, searched, to, live }: Search, now: number): string {
  const since = live > 0 ? `, ${count(live)} new` : '';
  if (status === 'done') return `${count(found)} of ${count(searched)}${since}`;
  const so = `${count(found)} found${to === null ? '' : ` back to ${absolute(to, now)}`}${since}`;
  if (status === 'running') return `${so}, searching…`;
  return status === 'full' ? `${so}, the page is full` : `${so}, stopped`;
}

/** What stands in the place of rows, where there are none. */
export function emptyWords(state: State): string {
  const { search, error } = state;
  if (error !== null && isPast(state)) return '';
  if (search) return search.status === 'done' ? 'No message matches.' : 'No message matches so far.';
  return isPast(state) ? 'There are no messages here.' : 'Waiting for the first message…';
}

/** Whether somebody is in the way of what is new. */
export function isBusy(state: State): boolean {
  return state.paused || state.reading || state.selecting || state.opened || isPast(state);
}

/** When the next try begins, in whole seconds; nothing when none is to come. */
function tryWords(what: string, time: number | null, now: number): string {
  return time === null ? '' : `, ${what} in ${Math.max(1, Math.ceil((time - now) / 1000))} s`;
}

function count(number: number): string {
  return number === Infinity ? `more than ${MISSED_KNOWN.toLocaleString('en')}` : number.toLocaleString('en');
}
