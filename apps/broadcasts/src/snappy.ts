import { LzWindow } from './lz-window.ts';

/** What Java's producers put before their blocks, with two versions of four bytes each. */
const JAVA_MAGIC = Buffer.from('\x82SNAPPY\0', 'latin1');
const JAVA_HEADER_BYTES = 16;
/**
 * Most compressors refer 64 KiB back, but that of Go's franz-go to the beginning of the block. This is above what
 * batches have.
 */
const HISTORY_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Decompresses snappy in parts: one block, or as many as Java's producers make of it. Its packages decompress a whole
 * block at once.
 *
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function* decompressSnappy(compressed: Buffer): Generator<Buffer> {
  if (!compressed.subarray(0, JAVA_MAGIC.length).equals(JAVA_MAGIC)) {
    yield* decompressBlock(compressed);
    return;
  }
  for (let at = JAVA_HEADER_BYTES; at < compressed.length;) {
    const start = at + 4;
    const end = start + compressed.readInt32BE(at);
    if (end <= start || end > compressed.length) throw new RangeError('a block of snappy is longer than what there is');
    yield* decompressBlock(compressed.subarray(start, end));
    at = end;
  }
}

function* decompressBlock(block: Buffer): Generator<Buffer> {
  let at = 0;
  const size = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = block.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  let left = size();
  const window = new LzWindow(Math.min(left, HISTORY_BYTES_MAX));
  let literal = 0;
  let copy = 0;
  let distance = 0;
  while (left > 0) {
    if (literal > 0) {
      const count = window.append(block, at, literal);
      literal -= count;
      left -= count;
      at += count;
    } else if (copy > 0) {
      const count = window.repeat(distance, copy);
      copy -= count;
      left -= count;
    } else {
      const tag = block.readUInt8(at++);
      const upper = tag >> 2;
      switch (tag & 3) {
        case 0: {
          // A long literal has its length in the one to four bytes behind the tag.
          const bytes = Math.max(0, upper - 59);
          literal = (bytes > 0 ? block.readUIntLE(at, bytes) : upper) + 1;
          at += bytes;
          break;
        }
        case 1:
          copy = (upper & 7) + 4;
          distance = ((tag >> 5) << 8) | block.readUInt8(at);
          at += 1;
          break;
        case 2:
          copy = upper + 1;
          distance = block.readUInt16LE(at);
          at += 2;
          break;
        default:
          copy = upper + 1;
          distance = block.readUInt32LE(at);
          at += 4;
      }
      if (literal > left || copy > left) throw new RangeError('a block of snappy is longer than it says');
    }
    if (window.full) yield window.take();
  }
  yield window.take();
}
