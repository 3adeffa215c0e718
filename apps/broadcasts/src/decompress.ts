import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

const PART_BYTES = 128 * 1024;

const CODECS: Record<number, (compressed: Buffer) => AsyncIterable<Buffer> | Iterable<Buffer>> = {
  0: (bytes) => [bytes],
  1: (compressed) => through(createGunzip({ chunkSize: PART_BYTES }), compressed),
  2: decompressSnappy,
  3: decompressLz4,
  4: (compressed) => through(createZstdDecompress({ chunkSize: PART_BYTES }), compressed),
};

/**
 * What was compressed with one of Kafka's codecs (0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd), in parts: a few bytes can
 * decompress to more than fits the memory.
 *
 * @throws {Error} when there is no such codec. What is damaged makes the iteration throw.
 */
export function decompress(codec: number, compressed: Buffer): AsyncIterable<Buffer> | Iterable<Buffer> {
  const decompressIt = CODECS[codec];
  if (!decompressIt) throw new Error(`it is compressed with an unknown codec (${codec})`);
  return decompressIt(compressed);
}

function through(stream: Transform, compressed: Buffer): AsyncIterable<Buffer> {
  stream.end(compressed);
  return stream;
}
