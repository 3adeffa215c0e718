/** Something that was to be reached, and what was measured. */
export interface Goal {
  what: string;
  /** `at least` or `at most` so much. */
  bound: 'at least' | 'at most';
  wanted: number;
  measured: number;
  unit: string;
  /** Whether something is broken, not only slow, when it is not met. */
  vital?: true;
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

/** Whether a goal was met, in words; by how much not, where it was not. */
export function verdict(goal: Goal): string {
  if (!Number.isFinite(goal.measured)) return 'not measured';
  if (isMet(goal)) return 'met';
  if (goal.wanted === 0) return 'NOT MET';
  const off = Math.abs(goal.measured / goal.wanted - 1) * 100;
  return `NOT MET, ${round(off)} % ${goal.bound === 'at least' ? 'below' : 'above'}`;
}
