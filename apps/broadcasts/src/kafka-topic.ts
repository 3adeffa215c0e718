import type { KafkaAdmin, TopicConfigValue } from './kafka-admin.ts';
import { isForbidden } from './kafka-error.ts';
import type { TopicSettings } from './topic-log.ts';

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
/** Into how many segments what is kept of a partition is divided. */
const SEGMENTS = 8;
/** Kafka takes no less. */
const SEGMENT_BYTES_MIN = MIB;
/** Kafka's default. It takes hardly more: less than 2 GiB. */
const SEGMENT_BYTES_MAX = 1024 * MIB;
/** Where the source of a topic's setting is the topic itself, not a default. */
const DYNAMIC_TOPIC_CONFIG = 1;

interface EnsureOptions {
  admin: Pick<KafkaAdmin, 'topic' | 'createTopic' | 'createPartitions' | 'describeConfig' | 'alterConfig'>;
  topic: string;
  settings: TopicSettings;
}

/**
 * Makes sure that a topic exists and is as the settings say. Answers with what Kafka, or the user's rights, left
 * otherwise.
 */
export async function ensureKafkaTopic(options: EnsureOptions): Promise<string[]> {
  return (await create(options)) ? [] : adjust(options);
}

/** Whether the topic was created. If not, it is there. */
async function create({ admin, topic, settings }: EnsureOptions): Promise<boolean> {
  const configEntries = toConfig(settings).map(({ name, value }) => ({ name, value }));
  try {
    return await admin.createTopic(topic, settings, configEntries);
  } catch (error) {
    // Whoever may not create a topic is told so even if it is there.
    if (isForbidden(error) && (await admin.topic(topic))) return false;
    throw error;
  }
}

/** Brings an existing topic to the settings, as far as Kafka lets this user change it. */
async function adjust({ admin, topic, settings }: EnsureOptions): Promise<string[]> {
  const partitions = (await admin.topic(topic))?.partitions;
  if (!partitions?.[0]) throw new Error(`${topic} was deleted just now`);
  const replication = partitions[0].replicas.length;
  const left = await repartition(admin, topic, { from: partitions.length, to: settings.partitions });
  if (replication !== settings.replication) {
    left.push(
      `${topic} has ${replication} replicas, not ${settings.replication}: move them with kafka-reassign-partitions`,
    );
  }
  return [...left, ...(await configure(admin, topic, toConfig(settings)))];
}

async function repartition(
  admin: EnsureOptions['admin'],
  topic: string,
  { from, to }: { from: number; to: number },
): Promise<string[]> {
  if (from > to) return [`${topic} has ${from} partitions, not ${to}: Kafka cannot take partitions away`];
  if (from === to) return [];
  const allowed = await isAllowed(admin.createPartitions(topic, to));
  return allowed ? [] : [`${topic} has ${from} of ${to} partitions: this user may not add any`];
}

async function configure(admin: EnsureOptions['admin'], topic: string, wanted: TopicConfig[]): Promise<string[]> {
  const current = await describeConfig(admin, topic);
  if (!current) return [`the settings of ${topic} are unknown: this user may not see them`];
  const values = new Map(current.map(({ configName, configValue }) => [configName, configValue]));
  const differing = wanted.filter(({ name, value }) => values.get(name) !== value);
  if (differing.length === 0) return [];
  if (await isAllowed(admin.alterConfig(topic, mergeConfig(current, wanted)))) return [];
  return differing.map(
    ({ name, value, verb, words }) =>
      `${topic} ${verb} ${words(values.get(name)!)}, not ${words(value)}: this user may not change that`,
  );
}

/** All settings of a topic, its own and the defaults; nothing when this user may not see them. */
async function describeConfig(admin: EnsureOptions['admin'], name: string): Promise<TopicConfigValue[] | undefined> {
  try {
    return await admin.describeConfig(name);
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

/** Kafka replaces all of a topic's own settings at once, so those that somebody else made are sent along. */
function mergeConfig(current: TopicConfigValue[], wanted: TopicConfig[]): { name: string; value: string }[] {
  const own = current.filter(({ configSource }) => configSource === DYNAMIC_TOPIC_CONFIG);
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

/**
 * Timestamps are the broker's, so that history is in the log's order even when a producer's clock jumps. Kafka takes
 * away whole segments only, never the one that it writes, so there must be several within the bound.
 */
function toConfig({ retentionMs, retentionBytes = -1 }: TopicSettings): TopicConfig[] {
  const segmentBytes = Math.min(SEGMENT_BYTES_MAX, Math.max(SEGMENT_BYTES_MIN, Math.floor(retentionBytes / SEGMENTS)));
  const segments = {
    name: 'segment.bytes',
    value: String(segmentBytes),
    verb: 'takes records away',
    words: (bytes: string) => `${mebibytes(bytes)} at a time`,
  };
  return [
    { name: 'retention.ms', value: String(retentionMs), verb: 'keeps records', words: duration },
    { name: 'retention.bytes', value: String(retentionBytes), verb: 'keeps', words: amount },
    { name: 'message.timestamp.type', value: 'LogAppendTime', verb: 'stamps records', words: (type) => `with ${type}` },
    ...(retentionBytes < 0 ? [] : [segments]),
  ];
}

const duration = (ms: string): string => (Number(ms) < 0 ? 'for ever' : `for ${Number(ms) / HOUR_MS} h`);
const mebibytes = (bytes: string): string => `${Number((Number(bytes) / MIB).toFixed(1))} MiB`;
const amount = (bytes: string): string =>
  Number(bytes) < 0 ? 'any amount of bytes' : `${mebibytes(bytes)} of each partition`;

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
