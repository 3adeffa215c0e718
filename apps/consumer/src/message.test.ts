import { describe, expect, it } from 'vitest';
import { largeRecord, record } from '../testing/record.ts';
import { toMessage } from './message.ts';

const LIMIT = 64 * 1024;

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
    const message = toMessage(record(1, { text: 'a'.repeat(2 * LIMIT) }), { textLimit: Infinity });
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

it('of a record of which only the beginning is there is that, as text', () => {
  const beginning = { ...largeRecord(3, 100), valueSize: 5_000_000 };
  expect(toMessage(beginning)).toEqual({
    topic: 'hello-world',
    partition: 0,
    offset: 3,
    timestamp: 3,
    text: 'a'.repeat(100),
    environment: null,
    sequence: null,
    sentAt: null,
    nextInMs: null,
    truncated: true,
    size: 5_000_000,
    value: 'api/topics/hello-world/messages/0/3/value',
  });
});

it('of a record that the log could not read says why', () => {
  const kinds: string[] = [];
  const message = toMessage(
    { ...record(3), value: null, unreadable: 'compressed in a way that is not known (7)' },
    { onUnreadable: (kind) => kinds.push(kind) },
  );
  expect(message).toMatchObject({
    text: 'unreadable record at 0/3',
    unreadable: 'compressed in a way that is not known (7)',
  });
  expect(kinds).toEqual(['unknown-encoding']);
});
