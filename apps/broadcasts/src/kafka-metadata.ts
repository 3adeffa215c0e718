import type { ByteReader } from './byte-reader.ts';
import { type Address, type Ask, Encoder, flexible, noTags } from './kafka-protocol.ts';

export interface PartitionMetadata {
  partition: number;
  /** The id of the broker that leads it, or -1. */
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

/**
 * Where the brokers and the partitions of topics are. Version 12 is the first by which a topic that is asked for by its
 * name has an id.
 */
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
