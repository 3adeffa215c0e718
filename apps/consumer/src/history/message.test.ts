import { broadcastFields, textOnly } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { largeRecord, record } from '../../testing/record.ts';
import type { HistoryRecord } from './record.ts';
import { lengthOf, type Message, toMessage, WHOLE } from './message.ts';

const LIMIT = 64 * 1024;

const placeAndKey = (offset: number) => ({
  topic: 'hello-world',
  partition: 0,
  offset,
  timestamp: offset,
  key: 'test',
});

describe('a text', () => {
  it.each([LIMIT - 1, LIMIT])('of %i characters is whole', (length) => {
    const message = toMessage(record(1, { text: 'a'.repeat(length) }));
    expect(message.text).toHaveLength(length);
    expect(message).not.toHaveProperty('truncated');
  });

  it('of one more is cut, and tells its size and where the whole is', () => {
    const large = record(1, { text: 'a'.repeat(LIMIT + 1) });
    expect(toMessage(large)).toMatchObject({
      text: 'a'.repeat(LIMIT),
      sequence: 2,
      truncated: true,
      size: large.value!.length,
      value: 'api/topics/hello-world/messages/0/1/value',
    });
  });

  it('is not cut in the middle of a character', () => {
    // The first and the last of those that are two code units long, and one in between.
    for (const character of ['\u{10000}', '\u{10ffff}', '😀']) {
      const { text } = toMessage(record(1, { text: `a${character.repeat(LIMIT)}` }));
      expect(text).toHaveLength(LIMIT - 1);
      expect(text.isWellFormed()).toBe(true);
    }
  });

  it('is whole where there is no limit', () => {
    const message = toMessage(record(1, { text: 'a'.repeat(2 * LIMIT) }), { limits: WHOLE });
    expect(message.text).toHaveLength(2 * LIMIT);
    expect(message).not.toHaveProperty('size');
  });
});

it.each([
  ['append', undefined],
  ['create', undefined],
  ['unknown', 'unknown'],
] as const)('of a record whose time is of type %s says so only where it is not its own', (timestampType, said) => {
  expect(toMessage({ ...record(1), timestampType }).timestampType).toBe(said);
});

describe('a record of which only the beginning is there', () => {
  it('is that, as text', () => {
    const beginning = { ...largeRecord(3, 100), valueSize: 5_000_000 };
    expect(toMessage(beginning)).toEqual({
      topic: 'hello-world',
      partition: 0,
      offset: 3,
      timestamp: 3,
      key: 'test',
      ...textOnly('a'.repeat(100)),
      truncated: true,
      size: 5_000_000,
      value: 'api/topics/hello-world/messages/0/3/value',
    });
  });

  it('is text also where it ends within a character', () => {
    const value = Buffer.from('aé').subarray(0, 2);
    expect(toMessage({ ...record(3), value, valueSize: 5_000_000 })).toMatchObject({ text: 'a', truncated: true });
  });

  it('says where the whole is also when it is no text', () => {
    expect(toMessage({ ...record(3), value: Buffer.from([0xff]), valueSize: 5_000_000 })).toMatchObject({
      text: '',
      unreadable: 'the value is not text in UTF-8',
      truncated: true,
      size: 5_000_000,
    });
  });
});

describe('a record of which nothing can be told', () => {
  it.each<[kind: string, reason: string, record: Partial<HistoryRecord>]>([
    ['empty', 'the record has no value', { value: null }],
    ['empty', 'the record has no value', { value: Buffer.alloc(0) }],
    ['not-text', 'the value is not text in UTF-8', { value: Buffer.from([0xff, 0xfe, 0]) }],
    ['unknown-encoding', 'compressed in a way', { value: null, unreadable: 'compressed in a way' }],
  ])('says why: %s, %s', (kind, reason, changes) => {
    const told: string[][] = [];
    const onUnreadable = (...of: string[]) => void told.push(of);
    const message = toMessage({ ...record(3), ...changes }, { onUnreadable });
    expect(message).toEqual({ ...placeAndKey(3), ...textOnly(''), unreadable: reason });
    expect(told).toEqual([[kind, reason]]);
  });
});

describe('a record of another program', () => {
  it.each(['Hello', '{"order":5}', '{"version":2,"text":"of another version"}', ' '])(
    'is its text, and nobody is told that it could not be read: %s',
    (text) => {
      const told: string[] = [];
      const message = toMessage(
        { ...record(3), value: Buffer.from(text) },
        { onUnreadable: (kind) => void told.push(kind) },
      );
      expect(message).toEqual({ ...placeAndKey(3), ...textOnly(text) });
      expect(told).toEqual([]);
    },
  );
});

describe('a key', () => {
  const keyOf = (key: Uint8Array | null) => {
    const { key: text, keyHex } = toMessage({ ...record(1), key });
    return { text, keyHex };
  };

  it('is text, exactly as it is', () => {
    expect(keyOf(Buffer.from('order 5 é'))).toEqual({ text: 'order 5 é', keyHex: undefined });
    expect(keyOf(Buffer.from('\ufeffmarked'))).toEqual({ text: '\ufeffmarked', keyHex: undefined });
    expect(keyOf(Buffer.alloc(0))).toEqual({ text: '', keyHex: undefined });
  });

  it('is null where there is none', () => {
    expect(keyOf(null)).toEqual({ text: null, keyHex: undefined });
  });

  it('is in hexadecimal where it is no text', () => {
    expect(keyOf(Buffer.from([0x00, 0xff, 0x10]))).toEqual({ text: null, keyHex: '00ff10' });
    expect(keyOf(Buffer.from('é').subarray(0, 1))).toEqual({ text: null, keyHex: 'c3' });
  });
});

describe('headers', () => {
  const headers: HistoryRecord['headers'] = [
    ['trace', Buffer.from('a1')],
    ['trace', Buffer.from([0x00, 0xff])],
    ['none', null],
    ['empty', Buffer.alloc(0)],
  ];

  it('come in their order, each as text if it is one', () => {
    expect(toMessage({ ...record(1), headers }).headers).toEqual([
      ['trace', 'a1'],
      ['trace', { hex: '00ff' }],
      ['none', null],
      ['empty', ''],
    ]);
  });

  it('are no member where there are none', () => {
    expect(toMessage(record(1))).not.toHaveProperty('headers');
  });
});

describe('what a message has beside its text', () => {
  const BESIDE = 16 * 1024;
  const beside = (keyBytes: number, headerBytes: number, fill = 'k'): HistoryRecord => ({
    ...record(1),
    key: Buffer.alloc(keyBytes, fill),
    headers: [['h', Buffer.alloc(headerBytes, 'v')]],
  });

  it('is whole up to 16 KiB', () => {
    const message = toMessage(beside(BESIDE - 101, 100));
    expect(message.key).toHaveLength(BESIDE - 101);
    expect(message.headers).toHaveLength(1);
    expect(message).not.toHaveProperty('truncated');
  });

  it('is the beginning of the key above that, and says where the value is', () => {
    const large = beside(BESIDE + 1, 0);
    expect(toMessage(large)).toMatchObject({
      key: 'k'.repeat(BESIDE),
      text: 'text 1',
      truncated: true,
      size: large.value!.length,
      value: 'api/topics/hello-world/messages/0/1/value',
    });
    expect(toMessage(large)).not.toHaveProperty('headers');
    expect(toMessage(beside(100, BESIDE)).key).toHaveLength(100);
  });

  it('is not cut within a character of the key', () => {
    expect(toMessage(beside(BESIDE + 3, 0, '€')).key).toBe('€'.repeat(Math.floor(BESIDE / 3)));
    expect(toMessage({ ...record(1), key: Buffer.alloc(BESIDE + 1, 0xff) })).toMatchObject({
      key: null,
      keyHex: 'ff'.repeat(BESIDE),
    });
  });

  it('is whole where there is no limit', () => {
    const message = toMessage(beside(2 * BESIDE, 2 * BESIDE), { limits: WHOLE });
    expect([message.key!.length, message.headers!.length]).toEqual([2 * BESIDE, 1]);
    expect(message).not.toHaveProperty('truncated');
  });

  it('counts for how long a message is', () => {
    const bare: Message = { ...toMessage(record(1)), text: '', key: null };
    expect(lengthOf(bare)).toBe(0);
    expect(
      lengthOf({
        ...bare,
        text: 'four',
        key: 'key',
        headers: [
          ['name', 'v'],
          ['n', null],
        ],
      }),
    ).toBe(4 + 3 + 5 + 1);
    expect(lengthOf({ ...bare, keyHex: '00ff', headers: [['h', { hex: '00' }]] })).toBe(4 + 3);
  });
});

it('no field of the broadcast has a name by which a message says something else', () => {
  const others = ['topic', 'partition', 'offset', 'timestamp', 'timestampType', 'key', 'keyHex', 'headers', 'readAt'];
  const remarks = ['unreadable', 'truncated', 'size', 'value', 'hex'];
  expect([...others, ...remarks].filter((name) => broadcastFields.some((field) => field === name))).toEqual([]);
});
