import { setImmediate as turn } from 'node:timers/promises';
import { ByteReader } from './byte-reader.ts';
import { crc32c } from './crc32c.ts';
import { decompress } from './decompress.ts';
import { RecordParser } from './record-parser.ts';
import type { LogRecord, TimestampType } from './topic-log.ts';

/** Where the records begin in a batch. */
const HEADER_BYTES = 61;
/** As many as tell the format of a batch. */
const OLD_HEADER_BYTES = 17;
const MAGIC_AT = 16;
/** The bytes before those that a batch's length counts. */
const FRAME_BYTES = 12;
/** From here on the checksum counts. */
const CHECKED_FROM = 21;
/** The format that Kafka has had since its version 0.11. */
const MAGIC = 2;

const CODEC_MASK = 0x07;
const IS_APPEND_TIME = 0x08;
const IS_TRANSACTIONAL = 0x10;
const IS_CONTROL = 0x20;
/** The type of a control record that ends an aborted transaction. */
const ABORT = 0;

/** More offsets than come while a broker answers. */
const APPENDED_MEANWHILE = 1_000_000;
const GROUP_BYTES = 1024 * 1024;
const GROUP_RECORDS = 2_000;
/** About what a header takes of the memory, however short it is. */
const PER_HEADER_BYTES = 100;
const CRC_PART_BYTES = 4 * 1024 * 1024;
/** Nobody waits longer than about this for a look at a batch. */
const STRETCH_MS = 8;

/** What stands before the records of a batch. */
interface BatchHeader {
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

/** From this offset on, until its control record, what a producer wrote belongs to an aborted transaction. */
export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: number;
}

/** Bytes of a partition as a broker gives them: batches, of which the last may be cut. */
export interface FetchedBatches {
  topic: string;
  partition: number;
  bytes: Buffer;
  /** The first offset that is wanted. Earlier ones may stand in the same batch. */
  from: number;
  /** Where the log ended just before these were read. */
  high: number;
  /** Where they end, see endOfBatches. */
  next: number;
  aborted: AbortedTransaction[];
}

/** Some records, in the order of their offsets, and the offset that comes after them, whatever stood between. */
export interface RecordGroup {
  records: LogRecord[];
  next: number;
}

/**
 * The offset that comes after the last whole batch. Where even the first is not whole, which no broker gives on
 * purpose, it is behind that, so that nobody asks for it again and again.
 *
 * @param high where the log ended just before these were read.
 */
export function endOfBatches(bytes: Buffer, { from, high }: { from: number; high: number }): number {
  let next = from;
  for (const { lastOffset } of headers(bytes, high)) next = Math.max(next, lastOffset + 1);
  if (next > from) return next;
  const end = bytes.length < HEADER_BYTES ? 0 : readHeader(bytes, 0).lastOffset + 1;
  return end <= high ? Math.max(end, from + 1) : from + 1;
}

/** Of the batches that are whole, up to one whose offsets cannot be, since there is nothing like that many records. */
function* headers(bytes: Buffer, high: number): Generator<BatchHeader & { at: number }> {
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

const OLD_MESSAGE = { crc: 0, attributes: 0, baseTimestamp: -1, maxTimestamp: -1, producerId: -1n, count: 1 };

/**
 * Reads the records of batches, without those of aborted transactions, in groups of about 1 MiB. What cannot be read is
 * one record that says why, in its place. Gives way to others often.
 */
export async function* readBatches(fetched: FetchedBatches): AsyncGenerator<RecordGroup> {
  const { bytes, from, next: end } = fetched;
  const isAborted = abortedProducers(fetched.aborted);
  const group = new Group();
  const pause = new Pause();
  let next = from;
  for (const { at, ...header } of headers(bytes, fetched.high)) {
    const isHidden = isAborted(header, bytes, at);
    if (header.lastOffset < next) continue;
    if (!isHidden) yield* readBatch(fetched, { header, batch: bytes.subarray(at, at + header.size), group, pause });
    next = header.lastOffset + 1;
    if (group.isFull) yield group.take(next);
    await pause.ifDue();
  }
  if (next < end) group.add(unreadable(fetched, next, 'it is not whole'));
  yield group.take(end);
}

/** What stands in the place of a batch, or of what is left of it. */
function unreadable(
  { topic, partition }: FetchedBatches,
  offset: number,
  reason: string,
  { maxTimestamp: timestamp, attributes } = OLD_MESSAGE,
): LogRecord {
  const place = { topic, partition, offset, timestamp, timestampType: timestampType(attributes) };
  return { ...place, key: null, headers: [], value: null, unreadable: `a batch cannot be read: ${reason}` };
}

const timestampType = (attributes: number): TimestampType => (attributes & IS_APPEND_TIME ? 'append' : 'create');

/** Says of each batch in turn whether it is hidden: of an aborted transaction, or a control batch. */
function abortedProducers(aborted: AbortedTransaction[]): (header: BatchHeader, bytes: Buffer, at: number) => boolean {
  const waiting = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  return ({ attributes, lastOffset, producerId }, bytes, at) => {
    while (waiting[0] && waiting[0].firstOffset <= lastOffset) open.add(waiting.shift()!.producerId);
    if (attributes & IS_CONTROL) {
      if (controlType(bytes, at) === ABORT) open.delete(producerId);
      return true;
    }
    return (attributes & IS_TRANSACTIONAL) !== 0 && open.has(producerId);
  };
}

/** The key of a control record says what it is. */
function controlType(bytes: Buffer, at: number): number {
  try {
    const reader = new ByteReader(bytes, at + HEADER_BYTES);
    reader.varint();
    reader.int8();
    // How much later it is than the batch, its offset in there, the length of the key; and the key's version.
    for (let field = 0; field < 3; field += 1) reader.varint();
    reader.int16();
    return reader.int16();
  } catch {
    return -1;
  }
}

interface BatchToRead {
  header: BatchHeader;
  batch: Buffer;
  group: Group;
  pause: Pause;
}

/** Puts the records of a batch into the group, which goes on whenever it is full. */
async function* readBatch(
  fetched: FetchedBatches,
  { header, batch, group, pause }: BatchToRead,
): AsyncGenerator<RecordGroup> {
  const { baseOffset, lastOffset, magic, attributes } = header;
  let next = Math.max(fetched.from, baseOffset);
  try {
    if (magic !== MAGIC) throw new Error(`its format (${magic}) is not that of Kafka 0.11 or later`);
    await checkSum(batch, header, pause);
    const { topic, partition, from } = fetched;
    const place = { topic, partition, from, timestampType: timestampType(attributes) };
    const parser = new RecordParser({ ...header, ...place });
    for await (const part of decompress(attributes & CODEC_MASK, batch.subarray(HEADER_BYTES))) {
      parser.feed(part);
      for (let record = parser.next(); record; record = parser.next()) {
        group.add(record);
        next = record.offset + 1;
        if (!group.isFull) continue;
        yield group.take(next);
        await pause.ifDue();
      }
      await pause.ifDue();
    }
    parser.end();
  } catch (error) {
    // All of its records may have come before it turned out that something is wrong.
    if (next <= lastOffset) group.add(unreadable(fetched, next, (error as Error).message, header));
  }
}

async function checkSum(batch: Buffer, { crc }: BatchHeader, pause: Pause): Promise<void> {
  let sum = 0;
  for (let at = CHECKED_FROM; at < batch.length; at += CRC_PART_BYTES) {
    sum = crc32c(batch.subarray(at, at + CRC_PART_BYTES), sum);
    await pause.ifDue();
  }
  if (sum !== crc) throw new Error('its checksum is wrong');
}

/** Lets others have their turn when it was long ago. */
class Pause {
  #since = performance.now();

  async ifDue(): Promise<void> {
    if (performance.now() - this.#since < STRETCH_MS) return;
    await turn();
    this.#since = performance.now();
  }
}

/** Records that go on together. */
class Group {
  #records: LogRecord[] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= GROUP_BYTES || this.#records.length >= GROUP_RECORDS;
  }

  add(record: LogRecord): void {
    this.#records.push(record);
    this.#bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
    for (const [name, value] of record.headers) this.#bytes += PER_HEADER_BYTES + name.length + (value?.length ?? 0);
  }

  take(next: number): RecordGroup {
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    return { records, next };
  }
}
