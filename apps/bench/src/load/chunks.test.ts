import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChunkReader } from './chunks.ts';

const chunk = (text: string): Buffer => Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);

function read(parts: Buffer[]): string[] {
  const texts: string[] = [];
  const reader = new ChunkReader((bytes, start, end) => texts.push(bytes.toString('utf8', start, end)));
  for (const part of parts) {
    reader.push(part);
    // The bytes are of who reads the socket, and are used again.
    part.fill(0);
  }
  return texts;
}

it('finds every chunk, however the bytes are cut', () => {
  const text = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.constantFrom('data: 1\n\n', '\r\n', '5\r\nx\r\n', 'x'.repeat(5_000)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.array(fc.nat(6_000), { maxLength: 12 }), (texts, cuts) => {
      const bytes = Buffer.concat(texts.map(chunk));
      const ends = [...new Set([...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
      expect(read(ends.map((end, index) => Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end))))).toEqual(texts);
    }),
  );
});

it('finds a chunk that comes byte by byte', () => {
  const bytes = Buffer.concat([chunk('data: one\n\n'), chunk('z'.repeat(300))]);
  expect(read(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(['data: one\n\n', 'z'.repeat(300)]);
});
