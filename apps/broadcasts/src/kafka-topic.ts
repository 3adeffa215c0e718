import kafkajs, { type Admin, type ConfigEntries } from 'kafkajs';
import { isForbidden } from './kafka-error.ts';
import type { TopicSettings } from './topic-log.ts';

const { ConfigResourceTypes } = kafkajs;

const HOUR_MS = 3_600_000;
/** Where the source of a topic's setting is the topic itself, not a default. */
const DYNAMIC_TOPIC_CONFIG = 1;

interface EnsureOptions {
  admin: Admin;
  topic: string;
  settings: TopicSettings;
  exists: () => Promise<boolean>;
}

/** Makes sure that a topic exists and is as the settings say. Answers with what Kafka, or the user's rights, left otherwise. */
export async function ensureKafkaTopic(options: EnsureOptions): Promise<string[]> {
  return (await create(options)) ? [] : adjust(options);
}

/** Whether the topic was created. If not, it is there. */
async function create({ admin, topic, settings, exists }: EnsureOptions): Promise<boolean> {
  const configEntries = toConfig(settings).map(({ name, value }) => ({ name, value }));
  const { partitions: numPartitions, replication: replicationFactor } = settings;
  try {
    return await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor, configEntries }] });
  } catch (error) {
    // Whoever may not create a topic is told so even if it is there.
    if (isForbidden(error) && (await exists())) return false;
    throw error;
  }
}

/** Brings an existing topic to the settings, as far as Kafka lets this user change it. */
async function adjust({ admin, topic, settings }: EnsureOptions): Promise<string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]!.partitions;
  const replication = partitions[0]!.replicas.length;
  const left = await repartition(admin, topic, { from: partitions.length, to: settings.partitions });
  if (replication !== settings.replication) {
    left.push(
      `${topic} has ${replication} replicas, not ${settings.replication}: move them with kafka-reassign-partitions`,
    );
  }
  return [...left, ...(await configure(admin, topic, toConfig(settings)))];
}

async function repartition(admin: Admin, topic: string, { from, to }: { from: number; to: number }): Promise<string[]> {
  if (from > to) return [`${topic} has ${from} partitions, not ${to}: Kafka cannot take partitions away`];
  if (from === to) return [];
  const allowed = await isAllowed(admin.createPartitions({ topicPartitions: [{ topic, count: to }] }));
  return allowed ? [] : [`${topic} has ${from} of ${to} partitions: this user may not add any`];
}

async function configure(admin: Admin, topic: string, wanted: TopicConfig[]): Promise<string[]> {
  const current = await describeConfig(admin, topic);
  if (!current) return [`the settings of ${topic} are unknown: this user may not see them`];
  const values = new Map(current.map(({ configName, configValue }) => [configName, configValue]));
  const differing = wanted.filter(({ name, value }) => values.get(name) !== value);
  if (differing.length === 0) return [];
  const configEntries = mergeConfig(current, wanted);
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
  if (await isAllowed(admin.alterConfigs({ validateOnly: false, resources }))) return [];
  return differing.map(
    ({ name, value, verb, words }) =>
      `${topic} ${verb} ${words(values.get(name)!)}, not ${words(value)}: this user may not change that`,
  );
}

/** All settings of a topic, its own and the defaults; nothing when this user may not see them. */
async function describeConfig(admin: Admin, name: string): Promise<ConfigEntries[] | undefined> {
  const resources = [{ type: ConfigResourceTypes.TOPIC, name }];
  try {
    return (await admin.describeConfigs({ includeSynonyms: false, resources })).resources[0]!.configEntries;
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

/** kafkajs replaces all of a topic's own settings at once, so those that somebody else made are sent along. */
function mergeConfig(current: ConfigEntries[], wanted: TopicConfig[]): { name: string; value: string }[] {
  const own = current.filter(({ configSource }) => Number(configSource) === DYNAMIC_TOPIC_CONFIG);
  const merged = new Map(own.map(({ configName, configValue }) => [configName, configValue]));
  for (const { name, value } of wanted) merged.set(name, value);
  return Array.from(merged, ([name, value]) => ({ name, value }));
}

/** A setting of a topic as Kafka calls it, and how to say it. */
interface TopicConfig {
  name: string;
  value: string;
  verb: string;
  words: (value: string) => string;
}

/** Timestamps are the broker's, so that history is in the log's order even when a producer's clock jumps. */
function toConfig({ retentionMs }: TopicSettings): TopicConfig[] {
  return [
    { name: 'retention.ms', value: String(retentionMs), verb: 'keeps records', words: duration },
    { name: 'message.timestamp.type', value: 'LogAppendTime', verb: 'stamps records', words: (type) => `with ${type}` },
  ];
}

const duration = (ms: string): string => (Number(ms) < 0 ? 'for ever' : `for ${Number(ms) / HOUR_MS} h`);

/** Whether the user had the right to do what was tried. */
async function isAllowed(deed: Promise<unknown>): Promise<boolean> {
  try {
    await deed;
    return true;
  } catch (error) {
    if (isForbidden(error)) return false;
    throw error;
  }
}
