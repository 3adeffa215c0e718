import createError from 'http-errors';
import { z } from 'zod';
import {
  AFTER_ALL,
  BEFORE_ALL,
  CursorError,
  decodeCursor,
  earlier,
  earlierThan,
  type Filter,
  filterShape,
  type Keyset,
  later,
  laterThan,
  type PartitionOffset,
  type Span,
} from '../history/index.ts';
import { type Format, FORMATS } from './download.ts';
import { moment } from './moment.ts';

const PAGE_LIMIT = 500;

const ONCE = 'expected once';

/** A partition and an offset that a number can hold. */
export const PLACE = /^(0|[1-9]\d{0,8})\/(0|[1-9]\d{0,14})$/;

const QuerySchema = z.strictObject({
  ...filterShape,
  before: z.string(ONCE).optional(),
  after: z.string(ONCE).optional(),
  from: moment.optional(),
  to: moment.optional(),
  at: moment.optional(),
  offset: z
    .string(ONCE)
    .regex(PLACE, 'expected a partition and an offset, such as 0/42')
    .transform((text): PartitionOffset => {
      const [partition, offset] = text.split('/').map(Number);
      return { partition: partition!, offset: offset! };
    })
    .optional(),
  limit: z
    .string(ONCE)
    .regex(/^[1-9]\d{0,8}$/, 'expected a whole number from 1 to 999999999')
    .transform(Number)
    .optional(),
  format: z.enum(['json', ...FORMATS], `expected one of json, ${FORMATS.join(', ')}`).optional(),
});

/** What somebody asks of a topic's messages. */
export interface MessageQuery {
  format: 'json' | Format;
  filter: Filter;
  /** Where, and in which direction. */
  span: Span;
  /** How many messages at most. */
  limit: number | undefined;
  /** The time or the place around which a page is wanted. */
  around: number | PartitionOffset | undefined;
}

/**
 * Reads the query of an address.
 *
 * @param accepted the format where the query has none.
 * @throws an error of HTTP that says what is wrong.
 */
export function readMessageQuery(topic: string, query: unknown, accepted: MessageQuery['format']): MessageQuery {
  const { before, after, from, to, at, offset, limit, format = accepted, ...filter } = parse(QuerySchema, query);
  const around = at ?? offset;
  if (around !== undefined) {
    const name = at === undefined ? 'offset' : 'at';
    for (const [other, value] of Object.entries({ before, after, ...(at !== undefined && { offset }) }))
      if (value !== undefined) throw createError(400, `${name}: cannot be combined with ${other}`);
    if (format !== 'json') throw createError(400, `${name}: is for pages; a download takes from and to`);
  }
  if (from !== undefined && to !== undefined && from > to) throw createError(400, 'from: expected a time before to');
  if (format === 'json' && limit !== undefined && limit > PAGE_LIMIT) {
    throw createError(
      400,
      `limit: a page has at most ${PAGE_LIMIT} messages; follow "next", or download with format=ndjson or csv`,
    );
  }
  const span = {
    before: earlier(keyset(topic, 'before', before) ?? AFTER_ALL, to === undefined ? AFTER_ALL : earlierThan(to)),
    after: later(keyset(topic, 'after', after) ?? BEFORE_ALL, from === undefined ? BEFORE_ALL : laterThan(from - 1)),
    // A download is always newest first.
    forward: format === 'json' && after !== undefined && before === undefined,
  };
  return { format, filter, span, limit, around };
}

/**
 * Reads a query as a schema says.
 *
 * @throws an error of HTTP that says what is wrong.
 */
export function parse<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  query: unknown,
): z.infer<typeof schema> {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schema.shape).join(', ');
    throw createError(400, `${issue.keys[0]}: there is no such parameter; there is ${known}`);
  }
  throw createError(400, `${String(issue.path[0])}: ${issue.message}`);
}

function keyset(topic: string, parameter: string, cursor: string | undefined): Keyset | undefined {
  if (cursor === undefined) return undefined;
  try {
    return decodeCursor(topic, cursor);
  } catch (error) {
    if (error instanceof CursorError) throw createError(400, `${parameter}: ${error.message}`);
    throw error;
  }
}
