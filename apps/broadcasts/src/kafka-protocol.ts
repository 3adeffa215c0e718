import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import { ByteReader } from './byte-reader.ts';
import type { AbortedTransaction } from './record-batch.ts';

/** Requests and answers of Kafka's protocol. Most are kafkajs's; how they are sent is kafka-connection's. */

const require = createRequire(import.meta.url);

interface Encoder {
  readonly buffer: Buffer;
  writeInt8(value: number): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeInt64(value: number): this;
  writeBoolean(value: boolean): this;
  writeBuffer(value: Buffer): this;
  writeEncoder(value: Encoder): this;
  writeUVarInt(value: number): this;
  writeUVarIntString(value: string | null): this;
  writeUVarIntArray(values: Encoder[]): this;
}

/** A request, and how its answer is read. `parse` throws what the answer says went wrong. */
export interface Call<T> {
  request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<Encoder> };
  response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: never): Promise<T> };
}

/** What a broker understands: the number of a request -> the versions of it. */
export type Versions = Record<number, { minVersion: number; maxVersion: number }>;

/** A call in the version that a broker understands. */
export type Ask<T> = (versions: Versions) => Call<T>;

type ApiName = Extract<keyof typeof apiKeys, string>;

const Encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder;
const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<string, number>;
const { requests, lookup } = require('kafkajs/src/protocol/requests') as {
  requests: Record<ApiName, { protocol(options: { version: number }): (parameters?: unknown) => Call<unknown> }>;
  lookup: (versions: Versions) => (apiKey: number, definition: unknown) => (parameters?: unknown) => Call<unknown>;
};
const { errorCodes, createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  errorCodes: { code: number; type: string; message: string; retriable: boolean }[];
  createErrorFromCode: (code: number) => Error;
};

// Newer than kafkajs.
errorCodes.push(
  { code: 100, type: 'UNKNOWN_TOPIC_ID', message: 'This server does not host this topic ID', retriable: true },
  { code: 103, type: 'INCONSISTENT_TOPIC_ID', message: 'The topic ID in the log did not match', retriable: true },
);

/** The numbers of errors that are told apart here, or said by it. */
export const OFFSET_OUT_OF_RANGE = 1;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const LEADER_NOT_AVAILABLE = 5;

/** What an error's number stands for. */
export const protocolError = (code: number): Error => createErrorFromCode(code);

/** As it is sent. */
export const frame = require('kafkajs/src/protocol/request') as (options: {
  request: Call<unknown>['request'];
  correlationId: number;
  clientId: string;
}) => Promise<Encoder>;

/** A request that kafkajs knows, in the newest version that it and the broker know. */
const known =
  <P, T>(name: ApiName) =>
  (parameters: P): Ask<T> =>
  (versions) =>
    lookup(versions)(apiKeys[name]!, requests[name])(parameters) as Call<T>;

/** What a broker understands. Version 0, which every broker answers. */
export const apiVersions = requests.ApiVersions!.protocol({ version: 0 })() as Call<{
  apiVersions: { apiKey: number; minVersion: number; maxVersion: number }[];
}>;

export interface ProduceParameters {
  acks: -1;
  /** Milliseconds that the broker waits for its replicas. */
  timeout: number;
  producerId: string;
  producerEpoch: number;
  topicData: {
    topic: string;
    partitions: {
      partition: number;
      firstSequence: number;
      messages: { key: string; value: Buffer | null; timestamp: string }[];
    }[];
  }[];
}

export interface ProduceAnswer {
  topics: { partitions: { partition: number; baseOffset: string; logAppendTime: string }[] }[];
}

export const produce = known<ProduceParameters, ProduceAnswer>('Produce');
export const initProducerId = known<{ transactionTimeout: number }, { producerId: string; producerEpoch: number }>(
  'InitProducerId',
);

interface ListOffsetsAnswer {
  responses: { topic: string; partitions: { partition: number; errorCode: number; offset: string }[] }[];
}

export const EARLIEST = -2;
export const LATEST = -1;

const listKnownOffsets = known<unknown, ListOffsetsAnswer>('ListOffsets');

/** The first offsets of partitions, or those behind the last that can be read. The answer has an error's number for each. */
export const listOffsets =
  (
    topics: { topic: string; partitions: number[] }[],
    timestamp: typeof EARLIEST | typeof LATEST,
  ): Ask<ListOffsetsAnswer> =>
  (versions) => {
    const { request, response } = listKnownOffsets({
      isolationLevel: READ_COMMITTED,
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({ partition, timestamp })),
      })),
    })(versions);
    return { request, response: { ...response, parse: async (decoded: ListOffsetsAnswer) => decoded } };
  };

const READ_COMMITTED = 1;

/** A request that kafkajs does not know, of the protocol's "flexible" versions. */
function flexible<T>(
  { name, version, encode }: { name: ApiName; version: number; encode: () => Encoder },
  read: (reader: ByteReader) => T,
): Ask<T> {
  const apiKey = apiKeys[name]!;
  return (versions) => {
    if ((versions[apiKey]?.maxVersion ?? 0) < version)
      throw new kafkajs.KafkaJSNonRetriableError('This Kafka is too old: it must be 3.1 or later');
    return {
      // The tags of the header come first.
      request: {
        apiKey,
        apiVersion: version,
        apiName: name,
        encode: async () => noTags(new Encoder()).writeEncoder(encode()),
      },
      response: {
        decode: async (payload) => {
          const reader = new ByteReader(payload);
          reader.skipTags();
          return read(reader);
        },
        parse: async (decoded: T) => decoded,
      },
    };
  };
}

const noTags = (encoder: Encoder): Encoder => encoder.writeUVarInt(0);

export interface Address {
  host: string;
  port: number;
}

export interface PartitionMetadata {
  partition: number;
  /** The number of the broker that has it, or -1. */
  leader: number;
  replicas: number[];
}

export interface TopicMetadata {
  topic: string;
  /** 0 when all is well, see protocolError. */
  errorCode: number;
  /** Another one when the topic is deleted and created again. */
  id: string;
  partitions: PartitionMetadata[];
}

export interface Metadata {
  brokers: (Address & { id: number })[];
  topics: TopicMetadata[];
}

const METADATA_VERSION = 12;
const NO_ID = Buffer.alloc(16);

/** Where the brokers and the partitions of topics are. Version 12 is the first by which a topic that is asked for by its name has an id. */
export const metadata = (topics: string[]): Ask<Metadata> =>
  flexible(
    {
      name: 'Metadata',
      version: METADATA_VERSION,
      encode: () => {
        const named = topics.map((topic) => noTags(new Encoder().writeBuffer(NO_ID).writeUVarIntString(topic)));
        return noTags(new Encoder().writeUVarIntArray(named).writeBoolean(false).writeBoolean(false));
      },
    },
    readMetadata,
  );

function readMetadata(reader: ByteReader): Metadata {
  reader.int32();
  const brokers = reader.compactArray(() => {
    const broker = { id: reader.int32(), host: reader.compactString() ?? '', port: reader.int32() };
    reader.compactString();
    reader.skipTags();
    return broker;
  });
  reader.compactString();
  reader.int32();
  return { brokers, topics: reader.compactArray(() => readTopic(reader)) };
}

function readTopic(reader: ByteReader): TopicMetadata {
  const errorCode = reader.int16();
  const topic = reader.compactString() ?? '';
  const id = reader.uuid();
  reader.int8();
  const partitions = reader.compactArray(() => readPartition(reader));
  reader.int32();
  reader.skipTags();
  return { topic, errorCode, id, partitions };
}

function readPartition(reader: ByteReader): PartitionMetadata {
  reader.int16();
  const partition = reader.int32();
  const leader = reader.int32();
  reader.int32();
  const int32 = (): number => reader.int32();
  const replicas = reader.compactArray(int32);
  reader.compactArray(int32);
  reader.compactArray(int32);
  reader.skipTags();
  return { partition, leader, replicas };
}

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
 * Records of partitions, as the broker has them. Version 13 asks by a topic's id: what comes is of no other topic of that name.
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

export interface TopicConfigEntry {
  name: string;
  value: string;
}

export const createTopics = known<
  {
    topics: {
      topic: string;
      numPartitions: number;
      replicationFactor: number;
      configEntries: TopicConfigEntry[];
    }[];
    timeout: number;
    validateOnly: false;
  },
  unknown
>('CreateTopics');
export const createPartitions = known<
  { topicPartitions: { topic: string; count: number }[]; timeout: number; validateOnly: false },
  unknown
>('CreatePartitions');

interface TopicResource {
  type: 2;
  name: string;
}

export const describeConfigs = known<
  { resources: TopicResource[]; includeSynonyms: false },
  { resources: { configEntries: { configName: string; configValue: string; configSource: number }[] }[] }
>('DescribeConfigs');
export const alterConfigs = known<
  { resources: (TopicResource & { configEntries: TopicConfigEntry[] })[]; validateOnly: false },
  unknown
>('AlterConfigs');
