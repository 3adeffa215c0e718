import { describe, expect, it } from 'vitest';
import { type Broadcast, decodeBroadcast, encodeBroadcast, UnreadableRecordError } from './broadcast.ts';

const BROADCAST: Broadcast = {
  text: 'Hello world',
  environment: 'dev',
  sequence: 7,
  sentAt: 1_700_000_000_000,
  nextInMs: 1_234.567_890_123,
};
const RECORD = { version: 1, ...BROADCAST };

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
    expect(decodeBroadcast(encodeBroadcast(BROADCAST))).toEqual(BROADCAST);
  });

  it('comes back with any text', () => {
    const text = '<script>alert("1")</script> \u0000 \u{1f44b} \u05e9\u05dc\u05d5\u05dd';
    expect(decodeBroadcast(encodeBroadcast({ ...BROADCAST, text })).text).toBe(text);
  });

  it('is JSON that says its version', () => {
    expect(JSON.parse(Buffer.from(encodeBroadcast(BROADCAST)).toString())).toEqual(RECORD);
  });

  it('is read without what a later minor change added', () => {
    expect(decodeBroadcast(bytes({ ...RECORD, colour: 'blue' }))).toEqual(BROADCAST);
  });
});

describe('a record that is no broadcast', () => {
  it.each([
    ['empty', null, 'the record has no value'],
    ['empty', new Uint8Array(0), 'the record has no value'],
    ['not-json', Buffer.from('Hello world'), 'JSON'],
    ['not-json', Buffer.from('{"version":1'), 'JSON'],
    ['not-json', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'encoded data'],
    ['not-a-broadcast', bytes(null), 'value: '],
    ['not-a-broadcast', bytes('Hello world'), 'value: '],
    ['not-a-broadcast', bytes([RECORD]), 'value: '],
    ['not-a-broadcast', bytes({ ...RECORD, version: 2 }), 'version: '],
    ['not-a-broadcast', bytes(BROADCAST), 'version: '],
    ['not-a-broadcast', bytes({ ...RECORD, text: 5 }), 'text: '],
    ['not-a-broadcast', bytes({ ...RECORD, environment: 'x'.repeat(101) }), 'environment: '],
    ['not-a-broadcast', bytes({ ...RECORD, sequence: 0 }), 'sequence: '],
    ['not-a-broadcast', bytes({ ...RECORD, sequence: 1.5 }), 'sequence: '],
    ['not-a-broadcast', bytes({ ...RECORD, sentAt: -1 }), 'sentAt: '],
    ['not-a-broadcast', bytes({ ...RECORD, nextInMs: -1 }), 'nextInMs: '],
    ['not-a-broadcast', bytes({ ...RECORD, nextInMs: null }), 'nextInMs: '],
  ])('is refused as %s (%#)', (kind, value, message) => {
    const error = refusal(value);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(message);
  });

  it('is refused with everything that is wrong', () => {
    expect(refusal(bytes({ ...RECORD, text: null, sequence: -1 })).message).toMatch(/^text: .+; sequence: .+$/);
  });
});
