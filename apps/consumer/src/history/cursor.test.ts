import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../producer/testing/seeded-random.ts';
import { CursorError, decodeCursor, encodeCursor } from './cursor.ts';

const random = seededRandom(11);
const integer = (limit: number): number => Math.floor(random() * limit);
const anyKeyset = () => ({
  timestamp: integer(Number.MAX_SAFE_INTEGER),
  partition: integer(1000),
  offset: integer(Number.MAX_SAFE_INTEGER),
});

describe('a cursor', () => {
  it('comes back as the place that it was made of, and is safe in a URL', () => {
    for (let index = 0; index < 2_000; index += 1) {
      const keyset = anyKeyset();
      const cursor = encodeCursor('topic', keyset);
      expect(encodeURIComponent(cursor)).toBe(cursor);
      expect(decodeCursor('topic', cursor)).toEqual(keyset);
    }
  });

  it('is refused for another topic', () => {
    const cursor = encodeCursor('a', anyKeyset());
    expect(() => decodeCursor('b', cursor)).toThrow(CursorError);
  });

  it('is refused when a character was changed, put in, or left out', () => {
    const characters = 'ABCXYZabcxyz0189-_=.% ';
    for (let index = 0; index < 10_000; index += 1) {
      const cursor = encodeCursor('topic', anyKeyset());
      const at = integer(cursor.length);
      const put = characters[integer(characters.length)]!;
      const changed = cursor.slice(0, at) + put + cursor.slice(at + integer(3));
      if (changed === cursor) continue;
      expect(() => decodeCursor('topic', changed)).toThrow(CursorError);
    }
  });

  it.each(['', 'abc', '0', '%00', 'MS4yLjMuNA', 'null', '[1,2,3]', 'x'.repeat(100_000), '🙂', '../../etc/passwd'])(
    'is not %j',
    (text) => {
      expect(() => decodeCursor('topic', text)).toThrow(CursorError);
    },
  );

  it('does not fill the error with what was sent', () => {
    expect(() => decodeCursor('topic', 'x'.repeat(100_000))).toThrow(/^.{0,250}$/);
  });
});
