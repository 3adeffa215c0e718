import { widths } from '../history/widths.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const UNITS: [name: string, ms: number][] = [
  ['day', DAY_MS],
  ['h', HOUR_MS],
  ['min', MINUTE_MS],
  ['s', SECOND_MS],
];

const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/**
 * Times to label on an axis, with their labels: round ones by the clock of the place, at most so many. All in
 * milliseconds.
 */
export function ticks(from: number, to: number, most: number): { time: number; label: string }[] {
  const step = stepOf(to - from, most);
  const zone = new Date(to).getTimezoneOffset() * MINUTE_MS;
  const found = [];
  for (let time = Math.ceil((from - zone) / step) * step + zone; time <= to; time += step) {
    const isDay = to - from > DAY_MS && (time - zone) % DAY_MS === 0;
    const format = isDay || step >= DAY_MS ? days : step < MINUTE_MS ? seconds : minutes;
    found.push({ time, label: format.format(time) });
  }
  return found;
}

/** The narrowest width of which a length of time has at most so many. */
function stepOf(length: number, most: number): number {
  let step = SECOND_MS;
  // Not every browser has the helpers of iterators.
  for (const width of widths()) {
    step = width;
    // A length that is no number ends it, too.
    if (!(length / width > most)) break;
  }
  return step;
}

/** The largest of 1, 2, 5, 10, 20, 50 … that is not above a value, which is at least 1. */
export function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (value >= 5 * power ? 5 : value >= 2 * power ? 2 : 1);
}

/** How long a time is that is round in one unit: `10 s`, `1 min`, `7 days`. */
export function roundSpan(ms: number): string {
  const [unit, size] = UNITS.find(([, unitMs]) => ms % unitMs === 0) ?? (['ms', 1] as const);
  const count = ms / size;
  return `${count.toLocaleString('en')} ${unit}${unit === 'day' && count > 1 ? 's' : ''}`;
}
