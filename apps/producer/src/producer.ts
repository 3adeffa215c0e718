import { setTimeout as sleep } from 'node:timers/promises';
import { type Broadcast, encodeBroadcast, type TopicLog, type TopicSettings } from '@hello/broadcasts';
import type { Logger, RecordSpan } from '@hello/service';
import { BroadcastTrace } from './broadcast-trace.ts';
import type { BroadcastConfig } from './config.ts';
import type { ProducerMetrics } from './metrics.ts';
import { Outbox } from './outbox.ts';
import { Schedule } from './schedule.ts';

const HOUR_MS = 3_600_000;
/** Time that the log has at the end to take what is held, in milliseconds. */
const CLOSE_MS = 800;
const MIB = 1024 * 1024;

/** The state of a producer, as it is shown. Times are milliseconds since the Unix epoch. */
export interface ProducerStatus {
  topic: string;
  environment: string;
  last: Broadcast | null;
  nextAt: number | null;
  /** How many broadcasts wait for the log, and for how long the oldest of them has, in milliseconds. */
  held: number;
  heldForMs: number;
}

export interface Producer {
  status(): ProducerStatus;
  /** Why the producer is not ready, or nothing when its topic is there and nothing is held for long. */
  notReady(): string | undefined;
  /** Ends the schedule, waits less than a second for what is held, and logs how many broadcasts are lost. */
  close(): Promise<void>;
}

/** A broadcast on its way to the log. */
interface Said {
  broadcast: Broadcast;
  trace: BroadcastTrace;
}

interface ProducerOptions {
  topicLog: TopicLog;
  config: Omit<BroadcastConfig, 'TOPIC'>;
  metrics: ProducerMetrics;
  logger: Logger;
  recordSpan?: RecordSpan | undefined;
  random?: () => number;
}

/** Starts to broadcast a text to a topic, each time after a wait drawn anew. */
export function createProducer({
  topicLog,
  config,
  metrics,
  logger,
  recordSpan,
  random = Math.random,
}: ProducerOptions): Producer {
  const { ENVIRONMENT: environment, TEXT: text } = config;
  const { topic } = topicLog;
  // A rate is known only of what was 0 before.
  for (const counter of [metrics.appended, metrics.dropped, metrics.failures]) counter.inc({ topic }, 0);

  let last: Broadcast | null = null;
  let ensured = false;
  let ensuring: Promise<void> | undefined;
  let warned = new Set<string>();
  let away = false;

  // Once for all who ask, until it fails.
  const ensure = (): Promise<void> => (ensuring ??= ensureTopic());
  const ensureTopic = async (): Promise<void> => {
    const problems = await topicLog.ensure(topicSettings(config));
    ensured = true;
    // While the log does not take broadcasts this comes again and again.
    logger[away ? 'debug' : 'info']({ topic }, 'topic is there');
    for (const problem of problems.filter((each) => !warned.has(each))) logger.warn(problem);
    warned = new Set(problems);
  };

  const outbox = new Outbox<Said>({
    limit: config.OUTBOX_LIMIT,
    async deliver({ broadcast, trace }, heldForMs) {
      await ensure();
      const value = encodeBroadcast(broadcast);
      const appended = await topicLog.append({ key: environment, value, headers: trace.headers });
      trace.noteAppended(appended);
      metrics.appended.inc({ topic });
      metrics.lastAppend.setToCurrentTime({ topic });
      metrics.append.observe(heldForMs() / 1000);
      if (away) logger.info({ topic, held: outbox.size }, 'the log is back');
      away = false;
      const { partition, offset } = appended;
      const { sequence, nextInMs } = broadcast;
      logger.info(
        { partition, offset, sequence, nextInMs },
        `${text} #${sequence}, to ${topic}, next in ${(nextInMs / 1000).toFixed(1)} s`,
      );
    },
    onHeld(error, held) {
      metrics.failures.inc({ topic });
      // The topic may be what is missing: somebody can have deleted it.
      ensured = false;
      ensuring = undefined;
      logger[away ? 'debug' : 'warn'](
        { topic, held, reason: error.message },
        'the log does not take broadcasts: holding them',
      );
      away = true;
    },
    onDropped({ broadcast, trace }) {
      metrics.dropped.inc({ topic });
      trace.noteLost('it fell out of the full outbox');
      logger.error({ topic, sequence: broadcast.sequence }, 'a broadcast fell out of the full outbox: it is lost');
    },
  });

  const schedule = new Schedule({
    bounds: { minMs: config.WAIT_MIN_SECONDS * 1000, maxMs: config.WAIT_MAX_SECONDS * 1000 },
    random,
    onTurn(turn) {
      const broadcast: Broadcast = { text, environment, ...turn };
      last = broadcast;
      outbox.put({ broadcast, trace: new BroadcastTrace({ topicLog, broadcast, recordSpan }) });
    },
  });
  schedule.start();
  // Before the first broadcast is due, so that consumers find the topic early. The outbox tries again if this fails.
  const ensuredEarly = ensure().catch((error: Error) => {
    ensuring = undefined;
    logger.warn({ topic, reason: error.message }, 'the log is not there yet');
  });

  return {
    status: () => ({
      topic,
      environment,
      last,
      nextAt: schedule.nextAt,
      held: outbox.size,
      heldForMs: outbox.heldForMs,
    }),
    notReady() {
      if (away) return `the log does not take broadcasts; ${outbox.size} are held`;
      return ensured ? undefined : `the topic ${topic} is not known to be there`;
    },
    async close() {
      schedule.stop();
      const ensuredInTime = Promise.race([ensuredEarly, sleep(CLOSE_MS, undefined, { ref: false })]);
      const [left] = await Promise.all([outbox.close(CLOSE_MS), ensuredInTime]);
      for (const { trace } of left) trace.noteLost('the log did not confirm it');
      if (left.length > 0)
        logger.error({ topic, lost: left.length }, 'broadcasts that the log did not confirm are lost');
    },
  };
}

function topicSettings(config: ProducerOptions['config']): TopicSettings {
  const { TOPIC_PARTITIONS: partitions, TOPIC_REPLICATION: replication } = config;
  const { TOPIC_RETENTION_HOURS: hours, TOPIC_RETENTION_MIB: mebibytes } = config;
  const retentionMs = hours < 0 ? -1 : hours * HOUR_MS;
  return { partitions, replication, retentionMs, retentionBytes: shareOf(mebibytes, partitions) };
}

/** The bytes of each partition, where all together keep so much. */
const shareOf = (mebibytes: number, partitions: number): number =>
  mebibytes < 0 ? -1 : Math.floor((mebibytes * MIB) / partitions);
