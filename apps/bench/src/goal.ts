import { summarize } from './statistics.ts';

/** Something that was to be reached, and what was measured. */
export interface Goal {
  what: string;
  /** `at least` or `at most` so much. */
  bound: 'at least' | 'at most';
  wanted: number;
  measured: number;
  unit: string;
  /** The least and the most of its rounds, where there were several. */
  spread?: [least: number, most: number];
  /** Whether something is broken, not only slow, when it is not met. */
  vital?: true;
}

/** A figure of several rounds: the middle of them, and how far they are apart. */
export function acrossRounds(rounds: number[]): Pick<Goal, 'measured' | 'spread'> {
  const { median, min, max } = summarize(rounds);
  return { measured: median, ...(rounds.length > 1 && { spread: [min, max] }) };
}

/** A figure without noise in its digits: three that count. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

export function isMet({ bound, wanted, measured }: Goal): boolean {
  return bound === 'at least' ? measured >= wanted : measured <= wanted;
}

/** Whether some rounds met a goal and others did not, so that the next run may well say something else. */
export function isAtEdge(goal: Goal): boolean {
  const [least, most] = (goal.spread ?? [goal.measured, goal.measured]).map((measured) => isMet({ ...goal, measured }));
  return least !== most;
}

/** Whether a goal was met, in words; by how much not, where it was not. */
export function verdict(goal: Goal): string {
  if (!Number.isFinite(goal.measured)) return 'not measured';
  const edge = isAtEdge(goal) ? ', at the edge' : '';
  if (isMet(goal)) return `met${edge}`;
  if (goal.wanted === 0) return 'NOT MET';
  const off = Math.abs(goal.measured / goal.wanted - 1) * 100;
  return `NOT MET, ${round(off)} % ${goal.bound === 'at least' ? 'below' : 'above'}${edge}`;
}

/** The goals of which two runs say clearly different things, by what they are: at the edge either may be said. */
export function contradictions(before: Goal[], now: Goal[]): string[] {
  const others = new Map(before.map((goal) => [goal.what, goal]));
  return now.flatMap((goal) => {
    const other = others.get(goal.what);
    if (!other || isMet(other) === isMet(goal) || isAtEdge(other) || isAtEdge(goal)) return [];
    return [`${goal.what}: ${verdict(goal)}, and ${verdict(other)} in the run before`];
  });
}

/** What was wanted, in words. */
export function wantedOf({ bound, wanted, unit }: Goal): string {
  return `${bound} ${wanted.toLocaleString('en')} ${unit}`.trim();
}

/** What was measured, in words, with its rounds where there were several. */
export function measuredOf({ measured, spread, unit }: Goal): string {
  const rounds = spread ? ` (${spread.map(round).join('–')})` : '';
  return `${round(measured)}${rounds} ${unit}`.trim();
}
