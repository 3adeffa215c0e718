import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

describe('crc32c', () => {
  // From RFC 3720, appendix B.4, and the check value that catalogues of checksums have.
  it.each([
    ['nothing', Buffer.alloc(0), 0],
    ['digits', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['bytes that rise', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ])('of %s', (_, bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });

  it('is the same in parts of any length', () => {
    const bytes = Buffer.from('the quick brown fox jumps over the lazy dog');
    for (let cut = 0; cut <= bytes.length; cut += 1)
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
  });
});
