/**
 * When a message was where, in milliseconds since the Unix epoch, each by the clock that is there; null where it is not
 * known.
 */
export interface Moments {
  /** When the producer's schedule wanted it said. */
  dueAt: number | null;
  /** When the producer said it. */
  sentAt: number | null;
  /** When it was appended to the topic. */
  appendedAt: number | null;
  /** When the consumer read it. */
  readAt: number | null;
  /** When it arrived at this page. */
  receivedAt: number | null;
  /** When it first showed on it. */
  shownAt: number | null;
}

/** A part of a message's way. */
export interface Step {
  name: string;
  at: number;
  /** Since the step before, in milliseconds; null for the first one. Negative where the two clocks do not agree. */
  ms: number | null;
}

const NAMES: [keyof Moments, string][] = [
  ['dueAt', 'due'],
  ['sentAt', 'sent'],
  ['appendedAt', 'appended to the topic'],
  ['readAt', 'read by the consumer'],
  ['receivedAt', 'received here'],
  ['shownAt', 'shown here'],
];

/** What times that are whole milliseconds may differ by though nothing is wrong, in milliseconds. */
const ROUNDED_MS = 1;

/** The way of a message, through all that is known of it. */
export function journey(moments: Moments): Step[] {
  const steps: Step[] = [];
  for (const [moment, name] of NAMES) {
    const at = moments[moment];
    if (at === null) continue;
    const before = steps.at(-1);
    steps.push({ name, at, ms: before ? since(before.at, at) : null });
  }
  return steps;
}

/** Whether the clocks on the way agree, so that its parts can be added up. */
export function clocksAgree(steps: Step[]): boolean {
  return steps.every(({ ms }) => ms === null || ms >= 0);
}

function since(before: number, at: number): number {
  const ms = at - before;
  return ms < 0 && ms >= -ROUNDED_MS ? 0 : ms;
}
