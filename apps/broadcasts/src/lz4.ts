import { LzWindow } from './lz-window.ts';

const MAGIC = 0x184d2204;
/** Frames of these are for other programs. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const HAS_BLOCK_CHECKSUM = 0x10;
const HAS_SIZE = 0x08;
const HAS_CHECKSUM = 0x04;
const HAS_DICTIONARY = 0x01;
const UNCOMPRESSED_BLOCK = 0x80000000;
const MIN_MATCH = 4;
/** As far back as the format can refer. */
const HISTORY_BYTES = 64 * 1024;

/**
 * Decompresses frames of LZ4 in parts. Its packages decompress a whole frame at once. The checksums are not looked at:
 * a batch of Kafka has one over all of it.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function* decompressLz4(compressed: Buffer): Generator<Buffer> {
  for (let at = 0; at < compressed.length;) at = yield* decompressFrame(compressed, at);
}

/** Answers with where the frame ends. */
function* decompressFrame(compressed: Buffer, start: number): Generator<Buffer, number> {
  const magic = compressed.readUInt32LE(start);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) return start + 8 + compressed.readUInt32LE(start + 4);
  if (magic !== MAGIC) throw new Error('it is not a frame of LZ4');
  const flags = compressed.readUInt8(start + 4);
  if (flags & HAS_DICTIONARY) throw new Error('it needs a dictionary');
  // The flags, the size of blocks, the size of all of it where it is told, and a checksum of these.
  let at = start + 4 + 2 + (flags & HAS_SIZE ? 8 : 0) + 1;
  const window = new LzWindow(HISTORY_BYTES);
  for (;;) {
    const length = compressed.readUInt32LE(at);
    at += 4;
    if (length === 0) break;
    const end = at + (length & ~UNCOMPRESSED_BLOCK);
    if (end > compressed.length) throw new RangeError('a block of LZ4 is longer than what there is');
    if (length & UNCOMPRESSED_BLOCK) yield* copyBlock(compressed.subarray(at, end), window);
    else yield* decompressBlock(compressed.subarray(at, end), window);
    at = end + (flags & HAS_BLOCK_CHECKSUM ? 4 : 0);
  }
  yield window.take();
  return at + (flags & HAS_CHECKSUM ? 4 : 0);
}

function* copyBlock(block: Buffer, window: LzWindow): Generator<Buffer> {
  for (let at = 0; at < block.length;) {
    at += window.append(block, at, block.length - at);
    if (window.full) yield window.take();
  }
}

/** @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
function* decompressBlock(block: Buffer, window: LzWindow): Generator<Buffer> {
  let at = 0;
  // 15 says that the length goes on in the bytes that come next, up to one that is not 255.
  const whole = (length: number): number => {
    if (length < 15) return length;
    let sum = length;
    let byte: number;
    do {
      byte = block.readUInt8(at++);
      sum += byte;
    } while (byte === 255);
    return sum;
  };
  while (at < block.length) {
    const token = block[at++]!;
    for (let literal = whole(token >> 4); literal > 0;) {
      const count = window.append(block, at, literal);
      at += count;
      literal -= count;
      if (window.full) yield window.take();
    }
    // The last sequence of a block has no match.
    if (at === block.length) return;
    const distance = block.readUInt16LE(at);
    at += 2;
    for (let match = whole(token & 15) + MIN_MATCH; match > 0;) {
      match -= window.repeat(distance, match);
      if (window.full) yield window.take();
    }
  }
}
