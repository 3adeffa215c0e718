import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { ensureKafkaTopic } from './kafka-topic.ts';
import type { TopicSettings } from './topic-log.ts';

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
const SETTINGS = { partitions: 2, replication: 1, retentionMs: 48 * HOUR_MS };
const DYNAMIC_TOPIC_CONFIG = 1;
const DEFAULT_CONFIG = 5;

type Call = 'createTopic' | 'createPartitions' | 'describeConfig' | 'alterConfig';

const forbidden = (): Error =>
  new kafkajs.KafkaJSProtocolError(
    Object.assign(new Error('Not authorized'), { type: 'TOPIC_AUTHORIZATION_FAILED', code: 29, retriable: false }),
  );

/** An administrator of a topic that is there, who remembers what was changed and by what request. */
function fakeAdmin({ forbids = [] as Call[], partitions = 2, retentionMs = 48 * HOUR_MS, exists = true } = {}) {
  const changes: Record<string, unknown> = {};
  const allow = (call: Call): void => {
    if (forbids.includes(call)) throw forbidden();
  };
  const entries: [string, string, number][] = [
    ['retention.ms', String(retentionMs), DEFAULT_CONFIG],
    ['retention.bytes', '-1', DEFAULT_CONFIG],
    ['message.timestamp.type', 'LogAppendTime', DYNAMIC_TOPIC_CONFIG],
    ['max.message.bytes', '2000000', DYNAMIC_TOPIC_CONFIG],
  ];
  const admin = {
    createTopic: async () => {
      allow('createTopic');
      return false;
    },
    topic: async (topic: string) => {
      const replicas = { leader: 0, replicas: [0] };
      const all = Array.from({ length: partitions }, (_, partition) => ({ partition, ...replicas }));
      return exists ? { topic, errorCode: 0, id: '1', partitions: all } : undefined;
    },
    createPartitions: async (_: string, count: number) => {
      allow('createPartitions');
      changes.createPartitions = count;
    },
    describeConfig: async () => {
      allow('describeConfig');
      return entries.map(([configName, configValue, configSource]) => ({ configName, configValue, configSource }));
    },
    alterConfig: async (_: string, config: unknown) => {
      allow('alterConfig');
      changes.alterConfig = config;
    },
  };
  return { admin, changes };
}

const ensure = (admin: ReturnType<typeof fakeAdmin>['admin'], settings: TopicSettings = SETTINGS) =>
  ensureKafkaTopic({ admin, topic: 't', settings });

describe('ensureKafkaTopic', () => {
  it('asks for no change of a topic that is as it should be, by default or by its own settings', async () => {
    const { admin, changes } = fakeAdmin();
    expect(await ensure(admin)).toEqual([]);
    expect(changes).toEqual({});
  });

  it('changes what differs, and sends along what somebody else has set', async () => {
    const { admin, changes } = fakeAdmin({ partitions: 1, retentionMs: -1 });
    expect(await ensure(admin)).toEqual([]);
    expect(changes).toEqual({
      createPartitions: 2,
      alterConfig: [
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        { name: 'max.message.bytes', value: '2000000' },
        { name: 'retention.ms', value: String(48 * HOUR_MS) },
        { name: 'retention.bytes', value: '-1' },
      ],
    });
  });

  it.each([
    [800, 100],
    [4, 1],
    [16_384, 1_024],
  ])('bounds %i MiB of a partition by segments of %i MiB, which can be taken away', async (bound, segment) => {
    const { admin, changes } = fakeAdmin();
    expect(await ensure(admin, { ...SETTINGS, retentionBytes: bound * MIB })).toEqual([]);
    expect(changes.alterConfig).toEqual(
      expect.arrayContaining([
        { name: 'retention.bytes', value: String(bound * MIB) },
        { name: 'segment.bytes', value: String(segment * MIB) },
      ]),
    );
  });

  it('says what differs where the user may not change it', async () => {
    const { admin } = fakeAdmin({
      forbids: ['createTopic', 'createPartitions', 'alterConfig'],
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

  it('says what is bounded in bytes otherwise where the user may not change it', async () => {
    const { admin } = fakeAdmin({ forbids: ['alterConfig'] });
    expect(await ensure(admin, { ...SETTINGS, retentionBytes: 64 * MIB })).toContain(
      't keeps any amount of bytes, not 64 MiB of each partition: this user may not change that',
    );
  });

  it('says that the user may not see the settings', async () => {
    const { admin } = fakeAdmin({ forbids: ['describeConfig'] });
    expect(await ensure(admin)).toEqual(['the settings of t are unknown: this user may not see them']);
  });

  it('rejects when the user may not create a topic that is not there', async () => {
    const { admin } = fakeAdmin({ forbids: ['createTopic'], exists: false });
    await expect(ensure(admin)).rejects.toThrow('Not authorized');
  });
});
