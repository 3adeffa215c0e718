import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

/** Bytes as they are, and then some that were there before: what both formats are made of. */
interface Step {
  literal: Buffer;
  distance: number;
  length: number;
}

const STEPS = fc.array(
  fc.record({
    literal: fc.uint8Array({ minLength: 1, maxLength: 700 }).map((bytes) => Buffer.from(bytes)),
    distance: fc.integer({ min: 1, max: 2_000 }),
    length: fc.integer({ min: 4, max: 60 }),
  }),
  { minLength: 1, maxLength: 40 },
);
const LONG: Step[] = [
  { literal: Buffer.from('a'.repeat(100_000)), distance: 3, length: 300_000 },
  { literal: Buffer.from('bc'), distance: 65_000, length: 200_000 },
];

/** What the steps say, and the steps with distances that are there. */
function write(steps: Step[]): { bytes: Buffer; steps: Step[] } {
  const size = steps.reduce((sum, { literal, length }) => sum + literal.length + length, 0);
  const bytes = Buffer.alloc(size);
  let at = 0;
  const possible = steps.map(({ literal, distance, length }) => {
    at += literal.copy(bytes, at);
    const back = Math.min(distance, at);
    for (let end = at + length; at < end; at += 1) bytes[at] = bytes[at - back]!;
    return { literal, distance: back, length };
  });
  return { bytes, steps: possible };
}

const decompressed = (parts: Iterable<Buffer>): Buffer => Buffer.concat([...parts]);

function lz4Block(steps: Step[]): Buffer {
  const more = (length: number): Buffer[] =>
    length < 15 ? [] : [Buffer.alloc(Math.floor((length - 15) / 255), 255), Buffer.from([(length - 15) % 255])];
  const parts = steps.flatMap(({ literal, distance, length }) => {
    const token = (Math.min(15, literal.length) << 4) | Math.min(15, length - 4);
    const back = Buffer.from([distance & 0xff, distance >> 8]);
    return [Buffer.from([token]), ...more(literal.length), literal, back, ...more(length - 4)];
  });
  // The last has no match: here it has no literal either.
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** A frame: its flags say which checksums there are, which nobody looks at. */
function lz4Frame(blocks: Buffer[], { flags = 0x60 } = {}): Buffer {
  const int32 = (value: number): Buffer => Buffer.from(new Uint32Array([value]).buffer);
  const checksum = (flag: number): Buffer => Buffer.alloc(flags & flag ? 4 : 0);
  const body = blocks.flatMap((block) => [int32(block.length), block, checksum(0x10)]);
  const head = [int32(0x184d2204), Buffer.from([flags, 0x40]), Buffer.alloc(flags & 0x08 ? 8 : 0), Buffer.alloc(1)];
  return Buffer.concat([...head, ...body, int32(0), checksum(0x04)]);
}

function snappyBlock(steps: Step[], size: number): Buffer {
  const sizeBytes = [];
  let left = size;
  const tagOf = (length: number, distance: number): number[] =>
    distance < 65_536
      ? [((length - 1) << 2) | 2, distance & 0xff, distance >> 8]
      : [((length - 1) << 2) | 3, distance & 0xff, (distance >> 8) & 0xff, (distance >> 16) & 0xff, distance >>> 24];
  for (; left >= 128; left = Math.floor(left / 128)) sizeBytes.push((left % 128) | 128);
  const parts = steps.flatMap(({ literal, distance, length }) => {
    const copies = [];
    for (let rest = length; rest > 0; rest -= 64) copies.push(Buffer.from(tagOf(Math.min(64, rest), distance)));
    const extra = literal.length - 1;
    const tag = extra < 60 ? [extra << 2] : [61 << 2, extra & 0xff, (extra >> 8) & 0xff];
    const long = extra < 65_536 ? tag : [62 << 2, extra & 0xff, (extra >> 8) & 0xff, extra >> 16];
    return [Buffer.from(long), literal, ...copies];
  });
  return Buffer.concat([Buffer.from([...sizeBytes, left]), ...parts]);
}

const javaBlocks = (blocks: Buffer[]): Buffer => {
  const parts = blocks.flatMap((block) => [Buffer.from([0, 0, block.length >> 8, block.length & 0xff]), block]);
  return Buffer.concat([Buffer.from('\x82SNAPPY\0\0\0\0\x01\0\0\0\x01', 'latin1'), ...parts]);
};

describe('decompressLz4', () => {
  it('gives back whatever was compressed', () => {
    fc.assert(
      fc.property(STEPS, fc.constantFrom(0x60, 0x64, 0x68, 0x7c), (any, flags) => {
        const { bytes, steps } = write(any);
        expect(decompressed(decompressLz4(lz4Frame([lz4Block(steps)], { flags }))).equals(bytes)).toBe(true);
      }),
    );
  });

  it('lets a block refer to the one before it, and takes frame after frame', () => {
    const { bytes, steps } = write([...LONG, ...LONG]);
    const [first, ...rest] = steps.map((step) => lz4Block([step]));
    const frame = lz4Frame([first!, ...rest]);
    const parts = [...decompressLz4(Buffer.concat([frame, frame]))];
    expect(Buffer.concat(parts).equals(Buffer.concat([bytes, bytes]))).toBe(true);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(200_000);
  });

  it('takes blocks that are not compressed', () => {
    const raw = Buffer.from('as it is');
    const frame = lz4Frame([raw]);
    frame[10] = 0x80;
    expect(decompressed(decompressLz4(frame)).toString()).toBe('as it is');
  });

  it.each<[string, Buffer]>([
    ['what is no frame', Buffer.from('no frame at all')],
    ['a frame that ends too early', lz4Frame([lz4Block(write(LONG).steps)]).subarray(0, 2_000)],
    ['a reference to where nothing is', lz4Frame([lz4Block([{ literal: Buffer.from('a'), distance: 2, length: 4 }])])],
    ['a frame that needs a dictionary', lz4Frame([], { flags: 0x61 })],
  ])('throws at %s', (_, compressed) => {
    expect(() => decompressed(decompressLz4(compressed))).toThrow(/./);
  });
});

describe('decompressSnappy', () => {
  it('gives back whatever was compressed, as one block or as the blocks of Java', () => {
    fc.assert(
      fc.property(STEPS, (any) => {
        const { bytes, steps } = write(any);
        const block = snappyBlock(steps, bytes.length);
        expect(decompressed(decompressSnappy(block)).equals(bytes)).toBe(true);
        expect(decompressed(decompressSnappy(javaBlocks([block, block]))).equals(Buffer.concat([bytes, bytes]))).toBe(
          true,
        );
      }),
    );
  });

  it('goes on in parts', () => {
    const { bytes, steps } = write(LONG);
    const parts = [...decompressSnappy(snappyBlock(steps, bytes.length))];
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(200_000);
  });

  it('refers as far back as the block goes, as franz-go does', () => {
    const { bytes, steps } = write([
      { literal: Buffer.from('x'), distance: 1, length: 10 },
      ...LONG,
      ...LONG,
      { literal: Buffer.from('y'), distance: 1_200_000, length: 300_000 },
    ]);
    expect(steps.at(-1)!.distance).toBe(1_200_000);
    const parts = [...decompressSnappy(snappyBlock(steps, bytes.length))];
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(200_000);
  });

  it('takes the short form of a copy, and the long one', () => {
    // 'abcd', then 4 bytes from 4 back (11 bits), then 5 bytes from 8 back (32 bits).
    const compressed = Buffer.from([13, 3 << 2, 0x61, 0x62, 0x63, 0x64, 1, 4, (4 << 2) | 3, 8, 0, 0, 0]);
    expect(decompressed(decompressSnappy(compressed)).toString()).toBe('abcdabcdabcda');
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a block that ends too early', Buffer.from([10, 9 << 2, 0x61])],
    ['a block that is longer than it says', Buffer.from([1, 1 << 2, 0x61, 0x62])],
    ['a reference to where nothing is', Buffer.from([5, 0, 0x61, 1, 2])],
    ['blocks of Java of which one is cut', javaBlocks([Buffer.alloc(10)]).subarray(0, -1)],
  ])('throws at %s', (_, compressed) => {
    expect(() => decompressed(decompressSnappy(compressed))).toThrow(/./);
  });
});
