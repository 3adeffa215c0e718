const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const relative = new Intl.RelativeTimeFormat('en', { style: 'narrow', numeric: 'always' });

/** What clocks may differ by before it is worth a word, in milliseconds. */
const AHEAD_MS = 10_000;

const UNITS: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** The time of day, with the date where it is not today's. Times are milliseconds since the Unix epoch. */
export function absolute(time: number, now: number): string {
  const sameDay = new Date(time).toDateString() === new Date(now).toDateString();
  return sameDay ? clock.format(time) : `${day.format(time)}, ${clock.format(time)}`;
}

/** How long ago a time was, in its largest unit; a dash for one well ahead, by a clock that does not agree with ours. */
export function ago(time: number, now: number): string {
  if (time - now > AHEAD_MS) return '–';
  const seconds = Math.max(0, Math.round((now - time) / 1000));
  const [unit, size] = UNITS.find(([, unitSize]) => seconds >= unitSize) ?? (['second', 1] as const);
  return relative.format(-Math.floor(seconds / size), unit);
}

/** A span of milliseconds, in milliseconds below 1 s and in seconds with one decimal above. */
export function span(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
