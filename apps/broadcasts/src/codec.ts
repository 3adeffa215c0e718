import { z } from 'zod';
import { type Broadcast, BroadcastSchema } from './broadcast.ts';

/** The version of the record format. A record of another one is read as a text like any other program's. */
const VERSION = 1;

/** Characters of a value that is parsed whatever is in it, which takes a millisecond at most. */
const SHORT = 16 * 1024;
/**
 * Of a longer value: few strings, and little beside them, as in a broadcast with a long text. All else that JSON can be
 * takes up to a hundred times as long to parse, and is no broadcast.
 */
const OF_FEW_STRINGS = /^(?:[^"]{0,256}"[^"\\]*(?:\\.[^"\\]*)*"){0,64}[^"]{0,256}$/s;

/** The names of a broadcast's fields, in the order of the schema. */
export const broadcastFields = Object.keys(BroadcastSchema.shape) as (keyof Broadcast)[];

/** What a record says. A field that it does not have is null; a text it always has. */
export type ReadBroadcast = {
  [Field in keyof Broadcast]-?: Field extends 'text' ? string : NonNullable<Broadcast[Field]> | null;
};

/** A field as it is read. What has no text is no broadcast, whatever else it has. */
const readable = ([field, schema]: [string, z.ZodType]) =>
  [field, field === 'text' ? schema : z.nullable(schema).default(null)] as const;

const RecordValueSchema = z.object({
  version: z.literal(VERSION),
  ...Object.fromEntries(Object.entries(BroadcastSchema.shape).map(readable)),
});

const NO_FIELDS = Object.fromEntries(broadcastFields.map((field) => [field, null])) as Record<keyof Broadcast, null>;

/** A record of which nothing can be told. `kind` is one of a few fixed words, fit for a metric's label. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError';
  readonly kind: 'empty' | 'not-text';

  constructor(kind: UnreadableRecordError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Turns a broadcast, or as many of its fields as there are, into a record's value: JSON in UTF-8 with the format's
 * version.
 */
export function encodeBroadcast(broadcast: Partial<Broadcast>): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, ...broadcast }));
}

/**
 * Turns a record's value into what it says: the fields of a broadcast of a known version, and the value as text of
 * anything else.
 *
 * @throws {UnreadableRecordError} when the value is empty, or is not UTF-8.
 */
export function decodeBroadcast(value: Uint8Array | null): ReadBroadcast {
  if (value === null || value.length === 0) throw new UnreadableRecordError('empty', 'the record has no value');
  const text = decodeText(value);
  const result = RecordValueSchema.safeParse(parseJson(text));
  if (!result.success) return textOnly(text);
  const { version: _, ...broadcast } = result.data;
  return broadcast as ReadBroadcast;
}

/**
 * What a value says that is too large to be looked at as a whole: its beginning as text, also where that is of a
 * broadcast.
 *
 * @throws {UnreadableRecordError} when it is not UTF-8.
 */
export function decodeBeginning(beginning: Uint8Array): ReadBroadcast {
  // It may end within a character. A decoder of its own, since it keeps the half for what follows.
  return textOnly(decodeText(beginning, new TextDecoder('utf-8', { fatal: true }), { stream: true }));
}

/** What another program says: a text without any field of a broadcast. */
export function textOnly(text: string): ReadBroadcast {
  return { ...NO_FIELDS, text };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeText(value: Uint8Array, decoder = utf8, options?: { stream: boolean }): string {
  try {
    return decoder.decode(value, options);
  } catch {
    throw new UnreadableRecordError('not-text', 'the value is not text in UTF-8');
  }
}

function parseJson(text: string): unknown {
  if (text.length > SHORT && !OF_FEW_STRINGS.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
