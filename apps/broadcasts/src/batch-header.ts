import { ByteReader } from './byte-reader.ts';

/** Where the records begin in a batch. */
export const HEADER_BYTES = 61;
/** As many as tell the format of a batch. */
const OLD_HEADER_BYTES = 17;
const MAGIC_AT = 16;
/** The bytes before those that a batch's length counts. */
const FRAME_BYTES = 12;
/** The format that Kafka has had since its version 0.11. */
export const MAGIC = 2;

/** The bits of a batch's attributes. */
export const CODEC_MASK = 0x07;
export const IS_APPEND_TIME = 0x08;
export const IS_TRANSACTIONAL = 0x10;
export const IS_CONTROL = 0x20;

/** More offsets than come while a broker answers. */
const APPENDED_MEANWHILE = 1_000_000;

/** What stands before the records of a batch. */
export interface BatchHeader {
  baseOffset: number;
  /** Bytes of the whole batch. */
  size: number;
  magic: number;
  crc: number;
  attributes: number;
  lastOffset: number;
  baseTimestamp: number;
  maxTimestamp: number;
  producerId: bigint;
  count: number;
}

/**
 * The offset that comes after the last whole batch. Where even the first is not whole, which no broker gives on
 * purpose, it is behind that, so that nobody asks for it again and again.
 *
 * @param high where the log ended just before these were read.
 */
export function endOfBatches(bytes: Buffer, { from, high }: { from: number; high: number }): number {
  let next = from;
  for (const { lastOffset } of batchHeaders(bytes, high)) next = Math.max(next, lastOffset + 1);
  if (next > from) return next;
  const end = bytes.length < HEADER_BYTES ? 0 : readHeader(bytes, 0).lastOffset + 1;
  return end <= high ? Math.max(end, from + 1) : from + 1;
}

/** Of the batches that are whole, up to one whose offsets cannot be, since there is nothing like that many records. */
export function* batchHeaders(bytes: Buffer, high: number): Generator<BatchHeader & { at: number }> {
  for (let at = 0; at + OLD_HEADER_BYTES <= bytes.length;) {
    if (bytes.readInt8(at + MAGIC_AT) >= MAGIC && at + HEADER_BYTES > bytes.length) return;
    const header = readHeader(bytes, at);
    if (header.size < OLD_HEADER_BYTES || at + header.size > bytes.length) return;
    if (header.lastOffset > high + APPENDED_MEANWHILE) return;
    yield { at, ...header };
    at += header.size;
  }
}

function readHeader(bytes: Buffer, at: number): BatchHeader {
  const reader = new ByteReader(bytes, at);
  const baseOffset = reader.int64();
  const size = FRAME_BYTES + reader.int32();
  reader.int32();
  const magic = reader.int8();
  // Before, a batch was a message, or several compressed into one, whose offset is that of the last.
  if (magic < MAGIC) return { ...OLD_MESSAGE, baseOffset, size, magic, lastOffset: baseOffset };
  const crc = reader.int32() >>> 0;
  const attributes = reader.int16();
  const lastOffset = baseOffset + reader.int32();
  const baseTimestamp = reader.int64();
  const maxTimestamp = reader.int64();
  const producerId = reader.bigInt64();
  reader.int16();
  reader.int32();
  const count = reader.int32();
  return { baseOffset, size, magic, crc, attributes, lastOffset, baseTimestamp, maxTimestamp, producerId, count };
}

/** What a message of an old format has instead of a header. */
export const OLD_MESSAGE = { crc: 0, attributes: 0, baseTimestamp: -1, maxTimestamp: -1, producerId: -1n, count: 1 };
