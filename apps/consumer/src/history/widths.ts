const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The widths, in milliseconds, in which people cut time, from the narrowest of a second on, without an end. */
export function* widths(): Generator<number> {
  for (const unit of [SECOND, MINUTE]) for (const count of [1, 2, 5, 10, 15, 30]) yield count * unit;
  for (const count of [1, 2, 3, 6, 12]) yield count * HOUR;
  for (let width = DAY; ; width *= 2) yield width;
}
