import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { unpackLz4 } from './lz4.ts';
import { unpackSnappy } from './snappy.ts';

const PART_BYTES = 128 * 1024;

const CODECS: Record<number, (packed: Buffer) => AsyncIterable<Buffer> | Iterable<Buffer>> = {
  0: (bytes) => [bytes],
  1: (packed) => through(createGunzip({ chunkSize: PART_BYTES }), packed),
  2: unpackSnappy,
  3: unpackLz4,
  4: (packed) => through(createZstdDecompress({ chunkSize: PART_BYTES }), packed),
};

/**
 * What was packed with one of Kafka's codecs (0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd), in parts: a few bytes can
 * unpack to more than fits the memory.
 *
 * @throws {Error} when there is no such codec. What is damaged makes the iteration throw.
 */
export function unpack(codec: number, packed: Buffer): AsyncIterable<Buffer> | Iterable<Buffer> {
  const unpackIt = CODECS[codec];
  if (!unpackIt) throw new Error(`it is packed with an unknown codec (${codec})`);
  return unpackIt(packed);
}

function through(stream: Transform, packed: Buffer): AsyncIterable<Buffer> {
  stream.end(packed);
  return stream;
}
