import { describe, expect, it } from 'vitest';
import { broadcastFields, decodeBroadcast, encodeBroadcast, textOnly, UnreadableRecordError } from './codec.ts';

/** Of the fields that there have been so far, so that another one needs no change here. */
const BROADCAST = {
  text: 'Hello world',
  environment: 'dev',
  sequence: 7,
  sentAt: 1_700_000_000_000,
  nextInMs: 1_234.567_890_123,
  dueAt: 1_699_999_999_999,
};
const RECORD = { version: 1, ...BROADCAST };
const READ = { ...textOnly(''), ...BROADCAST };

const MEBIBYTE = 1024 * 1024;

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

function refusal(value: Uint8Array | null): UnreadableRecordError {
  try {
    decodeBroadcast(value);
  } catch (error) {
    if (error instanceof UnreadableRecordError) return error;
  }
  throw new Error('it was not refused');
}

describe('a broadcast', () => {
  it('comes back as it was, its wait not rounded', () => {
    expect(decodeBroadcast(encodeBroadcast(BROADCAST))).toEqual(READ);
  });

  it('comes back with any text', () => {
    const text = '<script>alert("1")</script> \u0000 \u{1f44b} \u05e9\u05dc\u05d5\u05dd';
    expect(decodeBroadcast(encodeBroadcast({ ...BROADCAST, text })).text).toBe(text);
  });

  it('is JSON that says its version', () => {
    expect(JSON.parse(Buffer.from(encodeBroadcast(BROADCAST)).toString())).toEqual(RECORD);
  });

  it('has its fields in the order of the schema, in whatever order its record has them', () => {
    const turned = bytes(Object.fromEntries(Object.entries(RECORD).toReversed()));
    expect(Object.keys(decodeBroadcast(turned))).toEqual(broadcastFields);
    expect(broadcastFields.slice(0, 6)).toEqual(Object.keys(BROADCAST));
  });

  it('is read without what a later minor change added', () => {
    expect(decodeBroadcast(bytes({ ...RECORD, colour: 'blue' }))).toEqual(READ);
  });

  it.each(broadcastFields.filter((field) => field !== 'text'))(
    'from before there was %s is read, with null for it',
    (field) => {
      const older = { ...RECORD, [field]: undefined };
      expect(decodeBroadcast(bytes(older))).toEqual({ ...READ, [field]: null });
      expect(decodeBroadcast(bytes({ ...RECORD, [field]: null }))).toEqual({ ...READ, [field]: null });
    },
  );

  it.each(['ab\u00df\u{1f600} ', 'a "b" ', '\\', '"', '\n', '{"a":[],', '[],'])(
    'comes back with a text of up to a mebibyte: %j, again and again',
    (piece) => {
      const text = piece.repeat(MEBIBYTE / JSON.stringify(piece).length / 2);
      expect(decodeBroadcast(encodeBroadcast({ ...BROADCAST, text }))).toEqual({ ...READ, text });
      const turned = Object.fromEntries(Object.entries({ ...RECORD, text }).toReversed());
      expect(decodeBroadcast(Buffer.from(JSON.stringify(turned, undefined, 10)))).toEqual({ ...READ, text });
    },
  );

  it.each([
    ['an array', Array(400).fill(0)],
    ['objects', Array.from({ length: 40 }, () => ({ a: { b: 'c' } }))],
  ])('may have %s of a later change in it, but not so many that to parse them takes long', (_, colours) => {
    expect(decodeBroadcast(bytes({ ...RECORD, colours }))).toEqual(READ);
    const long = JSON.stringify({ ...RECORD, colours: Array.from({ length: 50 }, () => colours) });
    expect(decodeBroadcast(Buffer.from(long))).toEqual(textOnly(long));
  });

  it('may begin with a mark of UTF-8, as some programs write it', () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), encodeBroadcast(BROADCAST)]);
    expect(decodeBroadcast(marked)).toEqual(READ);
  });
});

describe('what another program says', () => {
  it.each([
    'Hello world',
    ' ',
    '{"version":1',
    'null',
    '"Hello world"',
    '{"order":5,"text":"of another program"}',
    JSON.stringify([RECORD]),
    JSON.stringify(BROADCAST),
    JSON.stringify({ ...RECORD, version: 2 }),
    JSON.stringify({ version: 1, environment: 'without a text' }),
    JSON.stringify({ ...RECORD, text: 5 }),
    JSON.stringify({ ...RECORD, text: null }),
    JSON.stringify({ ...RECORD, environment: 'x'.repeat(101) }),
    JSON.stringify({ ...RECORD, sequence: 0 }),
    JSON.stringify({ ...RECORD, sequence: 1.5 }),
    JSON.stringify({ ...RECORD, sentAt: -1 }),
    JSON.stringify({ ...RECORD, nextInMs: '1' }),
    `"${'a'.repeat(50_000)}`,
    '"'.repeat(50_000),
  ])('is its text: %s', (text) => {
    expect(decodeBroadcast(Buffer.from(text))).toEqual(textOnly(text));
  });

  it('has every field of a broadcast, with nothing in it', () => {
    const { text, ...others } = textOnly('Hello');
    expect(text).toBe('Hello');
    expect(Object.keys(textOnly('Hello'))).toEqual(broadcastFields);
    expect(new Set(Object.values(others))).toEqual(new Set([null]));
  });
});

describe('a record of which nothing can be told', () => {
  it.each([
    ['empty', null, 'the record has no value'],
    ['empty', new Uint8Array(0), 'the record has no value'],
    ['not-text', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'the value is not text in UTF-8'],
    ['not-text', encodeBroadcast(BROADCAST).subarray(1).fill(0xc0, 4, 5), 'the value is not text in UTF-8'],
  ])('is refused as %s (%#)', (kind, value, message) => {
    expect(refusal(value)).toMatchObject({ kind, message });
  });
});
