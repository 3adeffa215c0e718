import createError from 'http-errors';
import { z } from 'zod';
import type { HistogramQuery } from '../history/index.ts';
import { moment } from './moment.ts';
import { parse } from './query.ts';

const MOST = 500;
const EXPECTED = `expected a whole number from 1 to ${MOST}`;

const QuerySchema = z.strictObject({
  from: moment.optional(),
  to: moment.optional(),
  buckets: z
    .string('expected once')
    .regex(/^[1-9]\d{0,2}$/, EXPECTED)
    .transform(Number)
    .refine((buckets) => buckets <= MOST, EXPECTED)
    .default(120),
});

/**
 * Reads the query of a histogram's address.
 *
 * @throws an error of HTTP that says what is wrong.
 */
export function readHistogramQuery(query: unknown): HistogramQuery {
  const asked = parse(QuerySchema, query);
  const { from = 0, to } = asked;
  if (to !== undefined && to <= from) throw createError(400, 'to: expected a time after from');
  return asked;
}
