import { describe, expect, it } from 'vitest';
import { bytes, legible } from './text.ts';

describe('a text', () => {
  it('is shown as it is: in any script, with line breaks and tabs', () => {
    for (const text of ['Hello world', 'שלום, عالم, 世界 👩🏽‍💻', 'one\ntwo\tthree', '']) expect(legible(text)).toBe(text);
    expect(legible('one\r\ntwo')).toBe('one\ntwo');
  });

  it('is cut after 2,000 characters, and after 40 lines', () => {
    expect(legible('x'.repeat(2_000))).toBe('x'.repeat(2_000));
    expect(legible('x'.repeat(2_001))).toBe(`${'x'.repeat(2_000)}…`);
    expect(legible('x'.repeat(1_000_000))).toHaveLength(2_001);
    expect(legible('\n'.repeat(39))).toBe('\n'.repeat(39));
    expect(legible('\n'.repeat(40))).toBe(`${'\n'.repeat(39)}…`);
  });

  it('names what cannot be seen: control characters, directions, half characters', () => {
    expect(legible('a\u0000b\u001b[31m\u007f\u0085')).toBe('a⟨U+0000⟩b⟨U+001B⟩[31m⟨U+007F⟩⟨U+0085⟩');
    expect(legible('a\u202etxt.exe\u2066')).toBe('a⟨U+202E⟩txt.exe⟨U+2066⟩');
    expect(legible('a\ud83d')).toBe('a⟨U+D83D⟩');
    expect(legible('a\ud83d\ude00')).toBe('a😀');
  });

  it('is cut between characters', () => {
    expect(legible(`${'x'.repeat(1_999)}😀`)).toBe(`${'x'.repeat(1_999)}…`);
  });
});

describe('a size', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [23_900_000, '23.9 MB'],
    [24_000_000_000, '24 GB'],
    [24_000_000_000_000, '24,000 GB'],
  ])('of %i bytes is %s', (count, expected) => {
    expect(bytes(count)).toBe(expected);
  });
});
