import { ByteReader } from './byte-reader.ts';
import type { LogRecord, TimestampType } from './topic-log.ts';

/** A value above this is cut, so that a few bytes which decompress to a huge record do not fill the memory. */
export const RECORD_BYTES_MAX = 32 * 1024 * 1024;
/** Headers above this are left out, for the same reason: each may have been compressed into less than a byte. */
export const HEADERS_MAX = 1_000;

/** A record that came in several parts so far. */
interface LongRecord {
  /** Its first bytes: as many as came, and are kept of one that is too large. */
  kept: Buffer;
  size: number;
  seen: number;
}

/** What its records have in common, and do not say themselves. */
interface BatchOfRecords {
  topic: string;
  partition: number;
  timestampType: TimestampType;
  baseOffset: number;
  baseTimestamp: number;
  maxTimestamp: number;
  /** How many records there are. */
  count: number;
  /** The first offset that is wanted. */
  from: number;
}

/** Finds the records in the parts of a batch, wherever these are cut. */
export class RecordParser {
  readonly #batch: BatchOfRecords;
  #reader = new ByteReader(Buffer.alloc(0));
  #long: LongRecord | undefined;
  /** How many records are still to come. */
  #left: number;

  constructor(batch: BatchOfRecords) {
    this.#batch = batch;
    this.#left = batch.count;
  }

  /** Takes a part. All records of the one before must have been taken. */
  feed(part: Buffer): void {
    const { bytes, at } = this.#reader;
    // What is left is at most the few bytes that tell how long a record is.
    this.#reader = new ByteReader(at < bytes.length ? Buffer.concat([bytes.subarray(at), part]) : part);
  }

  /** The next record that is wanted, or nothing until there is another part. */
  next(): LogRecord | undefined {
    while (this.#left > 0) {
      const bytes = this.#whole();
      if (!bytes) return undefined;
      this.#left -= 1;
      const record = this.#read(bytes.reader, bytes.end);
      if (bytes.reader === this.#reader) bytes.reader.at = bytes.end;
      if (record) return record;
    }
    return undefined;
  }

  end(): void {
    if (this.#left > 0) throw new Error(`${this.#left} of its records are missing`);
  }

  /** Where the next record can be read, once all of it is there. */
  #whole(): { reader: ByteReader; end: number } | undefined {
    const reader = this.#reader;
    if (!this.#long) {
      if (!hasVarint(reader.bytes, reader.at)) return undefined;
      const size = reader.varint();
      if (size < 0) throw new Error('a record has a negative length');
      const end = reader.at + size;
      if (end <= reader.bytes.length) return { reader, end };
      this.#long = { kept: Buffer.allocUnsafe(Math.min(size, RECORD_BYTES_MAX)), size, seen: 0 };
    }
    const long = this.#long;
    const end = Math.min(reader.bytes.length, reader.at + long.size - long.seen);
    reader.bytes.copy(long.kept, long.seen, reader.at, end);
    long.seen += end - reader.at;
    reader.at = end;
    if (long.seen < long.size) return undefined;
    this.#long = undefined;
    return { reader: new ByteReader(long.kept), end: long.size };
  }

  /**
   * The record that begins here and ends there, of which the end may not have been kept. None when it was not asked
   * for.
   */
  #read(reader: ByteReader, end: number): LogRecord | undefined {
    const { topic, partition, timestampType, baseOffset, baseTimestamp, maxTimestamp, from } = this.#batch;
    reader.int8();
    const delta = reader.varint();
    const offset = baseOffset + reader.varint();
    if (offset < from) return undefined;
    const timestamp = timestampType === 'append' ? maxTimestamp : baseTimestamp + delta;
    const key = takeNullable(reader, reader.varint());
    const size = reader.varint();
    if (reader.at + size > end) throw new Error('a value is longer than its record');
    const kept = Math.min(size, RECORD_BYTES_MAX, reader.bytes.length - reader.at);
    const value = takeNullable(reader, kept);
    const record: LogRecord = { topic, partition, offset, timestamp, timestampType, key, headers: [], value };
    // The headers come behind what was cut off, and are not there.
    if (kept < size) record.valueSize = size;
    else readHeaders(reader, record.headers);
    return record;
  }
}

function readHeaders(reader: ByteReader, into: LogRecord['headers']): void {
  for (let left = Math.min(reader.varint(), HEADERS_MAX); left > 0; left -= 1) {
    const name = reader.take(reader.varint()).toString();
    into.push([name, takeNullable(reader, reader.varint())]);
  }
}

const takeNullable = (reader: ByteReader, length: number): Buffer | null => (length < 0 ? null : reader.take(length));

function hasVarint(bytes: Buffer, at: number): boolean {
  for (let index = at; index < bytes.length; index += 1) if (bytes[index]! < 0x80) return true;
  return false;
}
