import type { ByteReader } from './byte-reader.ts';
import { type Ask, Encoder, flexible, noTags, protocolError, READ_COMMITTED } from './kafka-protocol.ts';
import type { AbortedTransaction } from './aborted-transactions.ts';

export interface FetchParameters {
  /** How long the broker waits for the first record, and for how many bytes at most it is asked. */
  maxWaitMs: number;
  maxBytes: number;
  topics: { id: string; partitions: { partition: number; offset: number; maxBytes: number }[] }[];
}

export interface FetchedPartition {
  id: string;
  partition: number;
  /** 0 when all is well, see protocolError. */
  errorCode: number;
  /** Up to here it can be read, which no transaction that is open reaches. */
  high: number;
  low: number;
  aborted: AbortedTransaction[];
  bytes: Buffer;
}

const FETCH_VERSION = 13;
const CONSUMER = -1;
const NO_SESSION = -1;

/**
 * Records of partitions, as the broker has them. Version 13 asks by a topic's id: what comes is of no other topic of
 * that name.
 */
export const fetchRecords = ({ maxWaitMs, maxBytes, topics }: FetchParameters): Ask<FetchedPartition[]> =>
  flexible(
    {
      name: 'Fetch',
      version: FETCH_VERSION,
      encode: () => {
        const encoder = new Encoder().writeInt32(CONSUMER).writeInt32(maxWaitMs).writeInt32(1).writeInt32(maxBytes);
        encoder.writeInt8(READ_COMMITTED).writeInt32(0).writeInt32(NO_SESSION);
        encoder.writeUVarIntArray(topics.map(encodeFetch));
        return noTags(encoder.writeUVarIntArray([]).writeUVarIntString(''));
      },
    },
    readFetched,
  );

function encodeFetch({ id, partitions }: FetchParameters['topics'][number]): Encoder {
  const encoded = partitions.map(({ partition, offset, maxBytes }) => {
    const encoder = new Encoder().writeInt32(partition).writeInt32(-1).writeInt64(offset);
    return noTags(encoder.writeInt32(-1).writeInt64(-1).writeInt32(maxBytes));
  });
  return noTags(new Encoder().writeBuffer(Buffer.from(id, 'hex')).writeUVarIntArray(encoded));
}

function readFetched(reader: ByteReader): FetchedPartition[] {
  reader.int32();
  const errorCode = reader.int16();
  if (errorCode !== 0) throw protocolError(errorCode);
  reader.int32();
  const topics = reader.compactArray(() => {
    const id = reader.uuid();
    const partitions = reader.compactArray(() => ({ id, ...readFetchedPartition(reader) }));
    reader.skipTags();
    return partitions;
  });
  return topics.flat();
}

function readFetchedPartition(reader: ByteReader): Omit<FetchedPartition, 'id'> {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.int64();
  const high = reader.int64();
  const low = reader.int64();
  const aborted = reader.compactArray(() => {
    const transaction = { producerId: reader.bigInt64(), firstOffset: reader.int64() };
    reader.skipTags();
    return transaction;
  });
  reader.int32();
  const bytes = reader.take(Math.max(0, reader.compactLength()));
  reader.skipTags();
  return { partition, errorCode, high, low, aborted, bytes };
}
