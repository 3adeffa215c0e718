import { setImmediate as turn } from 'node:timers/promises';
import { type AbortedTransaction, transactionFilter } from './aborted-transactions.ts';
import {
  type BatchHeader,
  batchHeaders,
  CODEC_MASK,
  HEADER_BYTES,
  IS_APPEND_TIME,
  MAGIC,
  OLD_MESSAGE,
} from './batch-header.ts';
import { crc32c } from './crc32c.ts';
import { decompress } from './decompress.ts';
import { RecordParser } from './record-parser.ts';
import type { LogRecord, TimestampType } from './topic-log.ts';

/** From here on the checksum counts. */
const CHECKED_FROM = 21;
const GROUP_BYTES = 1024 * 1024;
const GROUP_RECORDS = 2_000;
/** About what a header takes of the memory, however short it is. */
const PER_HEADER_BYTES = 100;
const CRC_PART_BYTES = 4 * 1024 * 1024;
/** Nobody waits longer than about this for a look at a batch. */
const STRETCH_MS = 8;

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
 * Reads the records of batches, without those of aborted transactions, in groups of about 1 MiB. What cannot be read is
 * one record that says why, in its place. Gives way to others often.
 */
export async function* readBatches(fetched: FetchedBatches): AsyncGenerator<RecordGroup> {
  const { bytes, from, next: end } = fetched;
  const isHidden = transactionFilter(fetched.aborted);
  const group = new Group();
  const pause = new Pause();
  let next = from;
  for (const { at, ...header } of batchHeaders(bytes, fetched.high)) {
    const hidden = isHidden(header, bytes, at);
    if (header.lastOffset < next) continue;
    if (!hidden) yield* readBatch(fetched, { header, batch: bytes.subarray(at, at + header.size), group, pause });
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
