import { type Ask, known, READ_COMMITTED } from './kafka-protocol.ts';

/** The requests that kafkajs knows. Its versions of Fetch and Metadata are too old: these have files of their own. */

interface ProduceRequest {
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
      messages: {
        key: string;
        value: Buffer | null;
        headers: Record<string, string>;
        timestamp: string;
      }[];
    }[];
  }[];
}

interface ProduceResponse {
  topics: { partitions: { partition: number; baseOffset: string; logAppendTime: string }[] }[];
}

export const produce = known<ProduceRequest, ProduceResponse>('Produce');
export const initProducerId = known<{ transactionTimeout: number }, { producerId: string; producerEpoch: number }>(
  'InitProducerId',
);

interface ListOffsetsResponse {
  responses: { topic: string; partitions: { partition: number; errorCode: number; offset: string }[] }[];
}

export const EARLIEST = -2;
export const LATEST = -1;

const listKnownOffsets = known<unknown, ListOffsetsResponse>('ListOffsets');

/**
 * The beginning offsets of partitions, or their end offsets: the last stable ones. The response has an error code for
 * each.
 */
export const listOffsets =
  (
    topics: { topic: string; partitions: number[] }[],
    timestamp: typeof EARLIEST | typeof LATEST,
  ): Ask<ListOffsetsResponse> =>
  (versions) => {
    const { request, response } = listKnownOffsets({
      isolationLevel: READ_COMMITTED,
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({ partition, timestamp })),
      })),
    })(versions);
    return { request, response: { ...response, parse: async (decoded: ListOffsetsResponse) => decoded } };
  };

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
