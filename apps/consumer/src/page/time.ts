const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const precise = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});
const relative = new Intl.RelativeTimeFormat('en', { style: 'narrow', numeric: 'always' });

/** What clocks may differ by before it is worth a word, in milliseconds. */
const AHEAD_MS = 10_000;

const UNITS: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

const SECOND = { name: 's', size: 1 };
const MINUTE = { name: 'min', size: 60 };
const HOUR = { name: 'h', size: 3600 };
const DAY = { name: 'd', size: 86_400 };
/** Units of a span, the larger first, and each with the one that its rest is told in. */
const SPANS = [
  [DAY, HOUR],
  [HOUR, MINUTE],
  [MINUTE, SECOND],
] as const;

/** The time of day, with the date where it is not today's. Times are milliseconds since the Unix epoch. */
export function absolute(time: number, now: number): string {
  const sameDay = new Date(time).toDateString() === new Date(now).toDateString();
  return sameDay ? clock.format(time) : `${day.format(time)}, ${clock.format(time)}`;
}

/** The date and the time of day to the millisecond. */
export function exact(time: number): string {
  return precise.format(time);
}

/**
 * How long ago a time was, in its largest unit; a dash for one well ahead, by a clock that does not agree with ours.
 */
export function ago(time: number, now: number): string {
  if (time - now > AHEAD_MS) return '–';
  const seconds = Math.max(0, Math.round((now - time) / 1000));
  const [unit, size] = UNITS.find(([, unitSize]) => seconds >= unitSize) ?? (['second', 1] as const);
  return relative.format(-Math.floor(seconds / size), unit);
}

/**
 * A span of milliseconds: in milliseconds below 1 s, in seconds with one decimal below a minute, then in its two
 * largest units.
 */
export function span(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const [first, second] = SPANS.find(([{ size }]) => seconds >= size)!;
  const rest = Math.floor((seconds % first.size) / second.size);
  const start = `${Math.floor(seconds / first.size)} ${first.name}`;
  return rest === 0 ? start : `${start} ${rest} ${second.name}`;
}
