import kafkajs, { type Admin } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { ensureKafkaTopic } from './kafka-topic.ts';

const HOUR_MS = 3_600_000;
const SETTINGS = { partitions: 2, replication: 1, retentionMs: 48 * HOUR_MS };
const DYNAMIC_TOPIC_CONFIG = 1;
const DEFAULT_CONFIG = 5;

type Call = 'createTopics' | 'createPartitions' | 'describeConfigs' | 'alterConfigs';

const forbidden = (): Error =>
  new kafkajs.KafkaJSProtocolError(
    Object.assign(new Error('Not authorized'), { type: 'TOPIC_AUTHORIZATION_FAILED', code: 29, retriable: false }),
  );

/** An administrator of a topic that is there, who remembers what was changed and by what request. */
function fakeAdmin({ forbids = [] as Call[], partitions = 2, retentionMs = 48 * HOUR_MS } = {}) {
  const changes: Record<string, unknown> = {};
  const allow = (call: Call): void => {
    if (forbids.includes(call)) throw forbidden();
  };
  const entries = [
    ['retention.ms', String(retentionMs), DEFAULT_CONFIG],
    ['message.timestamp.type', 'LogAppendTime', DYNAMIC_TOPIC_CONFIG],
    ['max.message.bytes', '2000000', DYNAMIC_TOPIC_CONFIG],
  ];
  const admin = {
    createTopics: async () => {
      allow('createTopics');
      return false;
    },
    fetchTopicMetadata: async () => ({
      topics: [{ partitions: Array.from({ length: partitions }, () => ({ replicas: [0] })) }],
    }),
    createPartitions: async (request: unknown) => {
      allow('createPartitions');
      changes.createPartitions = request;
    },
    describeConfigs: async () => {
      allow('describeConfigs');
      const configEntries = entries.map(([configName, configValue, configSource]) => ({
        configName,
        configValue,
        configSource,
      }));
      return { resources: [{ configEntries }] };
    },
    alterConfigs: async (request: unknown) => {
      allow('alterConfigs');
      changes.alterConfigs = request;
    },
  };
  return { admin: admin as unknown as Admin, changes };
}

const ensure = (admin: Admin, settings = SETTINGS, exists = true) =>
  ensureKafkaTopic({ admin, topic: 't', settings, exists: async () => exists });

describe('ensureKafkaTopic', () => {
  it('asks for no change of a topic that is as it should be, by default or by its own settings', async () => {
    const { admin, changes } = fakeAdmin();
    expect(await ensure(admin)).toEqual([]);
    expect(changes).toEqual({});
  });

  it('changes what differs, and sends along what somebody else has set', async () => {
    const { admin, changes } = fakeAdmin({ partitions: 1, retentionMs: -1 });
    expect(await ensure(admin)).toEqual([]);
    expect(changes).toMatchObject({
      createPartitions: { topicPartitions: [{ topic: 't', count: 2 }] },
      alterConfigs: {
        resources: [
          {
            configEntries: [
              { name: 'message.timestamp.type', value: 'LogAppendTime' },
              { name: 'max.message.bytes', value: '2000000' },
              { name: 'retention.ms', value: String(48 * HOUR_MS) },
            ],
          },
        ],
      },
    });
  });

  it('says what differs where the user may not change it', async () => {
    const { admin } = fakeAdmin({
      forbids: ['createTopics', 'createPartitions', 'alterConfigs'],
      partitions: 1,
      retentionMs: 168 * HOUR_MS,
    });
    expect(await ensure(admin)).toEqual([
      't has 1 of 2 partitions: this user may not add any',
      't keeps records for 168 h, not for 48 h: this user may not change that',
    ]);
  });

  it('says what nobody can change, or must change by hand', async () => {
    const { admin } = fakeAdmin();
    expect(await ensure(admin, { ...SETTINGS, partitions: 1, replication: 3 })).toEqual([
      't has 2 partitions, not 1: Kafka cannot take partitions away',
      't has 1 replicas, not 3: move them with kafka-reassign-partitions',
    ]);
  });

  it('says that the user may not see the settings', async () => {
    const { admin } = fakeAdmin({ forbids: ['describeConfigs'] });
    expect(await ensure(admin)).toEqual(['the settings of t are unknown: this user may not see them']);
  });

  it('rejects when the user may not create a topic that is not there', async () => {
    const { admin } = fakeAdmin({ forbids: ['createTopics'] });
    await expect(ensure(admin, SETTINGS, false)).rejects.toThrow('Not authorized');
  });
});
