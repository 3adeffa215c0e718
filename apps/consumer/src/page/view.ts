import type { Address } from './address.ts';
import { absolute } from './time.ts';

/**
 * Where somebody looks. Times are milliseconds since the Unix epoch, null where the address has none that can be read.
 */
export type View =
  | { kind: 'live' }
  | { kind: 'at' | 'offset'; time: number | null }
  | { kind: 'range'; from: number | null; to: number | null };

/** The view that an address asks for. When a message was is not known before it is found. */
export function viewOf({ at, offset, from, to }: Address): View {
  if (offset !== undefined) return { kind: 'offset', time: null };
  if (at !== undefined) return { kind: 'at', time: readTime(at) };
  if (from !== undefined || to !== undefined) return { kind: 'range', from: readTime(from), to: readTime(to) };
  return { kind: 'live' };
}

/** The place of a view of the past, to be said after "Looking at". */
export function placeWords(view: Exclude<View, { kind: 'live' }>, now: number): string {
  if (view.kind !== 'range') return view.time === null ? 'the past' : absolute(view.time, now);
  const { from, to } = view;
  if (from !== null && to !== null) return `${absolute(from, now)} – ${absolute(to, now)}`;
  if (from !== null) return `${absolute(from, now)} and later`;
  return to === null ? 'the past' : `what was before ${absolute(to, now)}`;
}

/** Reads a time of an address: whether it is written as it should be the server says. */
function readTime(text: string | undefined): number | null {
  if (text === undefined) return null;
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(new Date(time).getTime()) ? time : null;
}
