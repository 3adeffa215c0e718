import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message } from '../../testing/message.ts';
import { placesOf, readMessages } from './incoming.ts';

const read = (fields: object) => readMessages([{ ...message(7), ...fields }], 0)[0]!;

describe('what came from a server', () => {
  it('is a list of messages, each in its place', () => {
    expect(readMessages([message(3), message(4)], 0)).toEqual([
      expect.objectContaining({ partition: 0, offset: 3, timestamp: 3, time: 3, text: 'text 3', isUnreadable: false }),
      expect.objectContaining({ partition: 0, offset: 4, sentAt: 4, nextInMs: 1.5, environment: 'test', whole: null }),
    ]);
  });

  it('says what is wrong with a message, and keeps the others', () => {
    const [first, odd, last] = readMessages([message(3), { ...message(4), text: 5 }, message(5)], 0);
    expect([first!.text, last!.text]).toEqual(['text 3', 'text 5']);
    expect(odd).toMatchObject({ isUnreadable: true, text: expect.stringContaining('without a text'), offset: 4 });
    expect(read({ unreadable: 'the record has no value' }).text).toBe('text 7: the record has no value');
  });

  it('puts a message without a time beside its neighbour', () => {
    const bare = { ...message(9), timestamp: undefined };
    expect(readMessages([bare, message(10), bare], 0).map(({ timestamp }) => timestamp)).toEqual([10, 10, 10]);
    expect(readMessages([bare], 99)[0]).toMatchObject({ timestamp: 99, time: null });
  });

  it('shows what came without its place, once each, and tells no server of it', () => {
    const odd = [null, 'text', { ...message(1), offset: 1.5 }, { ...message(1), partition: -1 }, message(2)];
    const places = readMessages(odd, 0).map(({ partition, offset }) => `${partition}/${offset}`);
    expect(new Set(places).size).toBe(5);
    expect(places.filter((place) => place.startsWith('-1/'))).toHaveLength(4);
    expect(placesOf(odd)).toEqual([message(2)]);
    expect(placesOf(undefined)).toEqual([]);
  });

  it('has the way to the whole of a message that was cut', () => {
    const cut = { truncated: true, size: 24_000_000, value: 'api/whole' };
    expect(read(cut).whole).toEqual({ address: 'api/whole', size: 24_000_000 });
    for (const part of [{ truncated: false }, { size: undefined }, { value: undefined }]) {
      expect(read({ ...cut, ...part }).whole).toBeNull();
    }
  });

  it('is never in the way, whatever it is', () => {
    const keys = fc.constantFrom(
      ...Object.keys(message(0)),
      'unreadable',
      'timestampType',
      'truncated',
      'size',
      'value',
    );
    const odd = fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue()), fc.double(), fc.constant(message(0)));
    fc.assert(
      fc.property(fc.array(odd), (messages) => {
        const shown = readMessages(messages, 1);
        expect(shown).toHaveLength(messages.length);
        for (const { text, time, timestamp, partition, offset } of shown) {
          expect(typeof text).toBe('string');
          expect([timestamp, partition, offset].every(Number.isFinite)).toBe(true);
          if (time !== null) new Date(time).toISOString();
        }
      }),
    );
  });
});
