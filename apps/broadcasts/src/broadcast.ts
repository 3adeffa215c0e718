import { z } from 'zod';

/** The version of the record format. A reader refuses a version that it does not know. */
const VERSION = 1;

/** What a producer says to everyone. */
export const BroadcastSchema = z.object({
  /** What is said. Not trusted: whoever shows it must treat it as plain text. */
  text: z.string(),
  /** The environment of the producer, such as `dev`. */
  environment: z.string().max(100),
  /** 1 for the first broadcast of a producer's run, then one more each time. */
  sequence: z.int().positive(),
  /** When the producer said it, in milliseconds since the Unix epoch. */
  sentAt: z.int().nonnegative(),
  /** The wait until the producer's next broadcast, in milliseconds. Not rounded. */
  nextInMs: z.number().nonnegative(),
});

export type Broadcast = z.infer<typeof BroadcastSchema>;

const RecordValueSchema = BroadcastSchema.extend({ version: z.literal(VERSION) });

/**
 * A record whose value is not a broadcast. `kind` is one of a few fixed words, fit for a metric's label;
 * the message says what was wrong in detail.
 */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError';
  readonly kind: 'empty' | 'not-json' | 'not-a-broadcast';

  constructor(kind: UnreadableRecordError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Turns a broadcast into a record's value: JSON in UTF-8 with the format's version. */
export function encodeBroadcast(broadcast: Broadcast): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, ...broadcast }));
}

/**
 * Turns a record's value back into a broadcast.
 *
 * @throws {UnreadableRecordError} when the value is empty, is not JSON in UTF-8, or is not a broadcast of a known version.
 */
export function decodeBroadcast(value: Uint8Array | null): Broadcast {
  if (value === null || value.length === 0) {
    throw new UnreadableRecordError('empty', 'the record has no value');
  }
  const result = RecordValueSchema.safeParse(parseJson(value));
  if (!result.success) {
    throw new UnreadableRecordError('not-a-broadcast', describeIssues(result.error));
  }
  const { version: _, ...broadcast } = result.data;
  return broadcast;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(value: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(value));
  } catch (error) {
    throw new UnreadableRecordError('not-json', (error as Error).message);
  }
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`).join('; ');
}
