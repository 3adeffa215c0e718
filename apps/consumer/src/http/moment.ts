import { z } from 'zod';
import { LAST_TIME } from '../history/index.ts';

const EXPECTED =
  'expected a time of 1970 to 9999: 2026-11-26T07:00:00Z or with another zone, a date, or milliseconds since 1970';

const milliseconds = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
/** With or without seconds. A date alone is its beginning in UTC. */
const iso = z
  .union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 }), z.iso.date()])
  .transform((text) => Date.parse(text));

/** A moment in an address, as milliseconds since the Unix epoch: one that a record can have. */
export const moment = z
  .string('expected once')
  // In an address, + is a space.
  .transform((text) => text.replace(' ', '+'))
  .pipe(z.union([milliseconds, iso], EXPECTED))
  .refine((time) => time >= 0 && time <= LAST_TIME, EXPECTED);
