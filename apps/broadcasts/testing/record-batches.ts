import { crc32c } from '../src/crc32c.ts';

/** What a batch is made of, for tests: bytes as a broker gives them. */
export interface BatchToEncode {
  baseOffset?: number;
  records: {
    offsetDelta?: number;
    timestampDelta?: number;
    key?: Buffer | null;
    value?: Buffer | null;
    headers?: [string, Buffer | null][];
  }[];
  /** How many offsets it takes, where its last ones have no record any more. */
  span?: number;
  baseTimestamp?: number;
  maxTimestamp?: number;
  attributes?: number;
  producerId?: number;
  pack?: (records: Buffer) => Buffer;
}

/** Encodes a batch of Kafka's format 2. */
export function encodeBatch(batch: BatchToEncode): Buffer {
  const { records, baseOffset = 0, baseTimestamp = 0, maxTimestamp = baseTimestamp, pack = (same) => same } = batch;
  const header = Buffer.alloc(61);
  const body = pack(Buffer.concat(records.map(encodeRecord)));
  header.writeBigInt64BE(BigInt(baseOffset), 0);
  header.writeInt32BE(header.length - 12 + body.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(batch.attributes ?? 0, 21);
  header.writeInt32BE((batch.span ?? records.length) - 1, 23);
  header.writeBigInt64BE(BigInt(baseTimestamp), 27);
  header.writeBigInt64BE(BigInt(maxTimestamp), 35);
  header.writeBigInt64BE(BigInt(batch.producerId ?? -1), 43);
  header.writeInt32BE(records.length, 57);
  const bytes = Buffer.concat([header, body]);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** The record by which a transaction ends, as the only one of its batch. */
export function encodeMarker({
  baseOffset,
  producerId,
  commit,
}: {
  baseOffset: number;
  producerId: number;
  commit: boolean;
}): Buffer {
  const key = Buffer.from([0, 0, 0, commit ? 1 : 0]);
  return encodeBatch({ baseOffset, producerId, attributes: 0x30, records: [{ key, value: Buffer.alloc(6) }] });
}

function encodeRecord(
  { offsetDelta, timestampDelta = 0, key = null, value = null, headers = [] }: BatchToEncode['records'][number],
  index: number,
): Buffer {
  const fields = [
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta ?? index),
    ...nullable(key),
    ...nullable(value),
  ];
  const encoded = headers.flatMap(([name, bytes]) => [...nullable(Buffer.from(name)), ...nullable(bytes)]);
  const body = Buffer.concat([...fields, varint(headers.length), ...encoded]);
  return Buffer.concat([varint(body.length), body]);
}

const nullable = (bytes: Buffer | null): Buffer[] => (bytes ? [varint(bytes.length), bytes] : [varint(-1)]);

/** Zigzag, seven bits a byte. */
function varint(value: number): Buffer {
  const bytes = [];
  let left = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  for (; left >= 128n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}
