import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { broadcastFields, type Log, type TopicLog } from '@hello/broadcasts';
import type { ServiceContext } from '@hello/service';
import type Router from 'koa-router';
import type { About } from './about.ts';
import { createSignInRoutes, openAccess, Origins, type Viewer } from './access/index.ts';
import type { ConsumerConfig } from './config.ts';
import { History } from './history/index.ts';
import { Live } from './live/index.ts';
import { MessageTraces } from './message-traces.ts';
import { historyMetrics, lagMetric, liveMetrics, readerMetrics } from './metrics.ts';
import { bundlePage, createRoutes } from './http/index.ts';
import { Reader } from './reader.ts';
import { Watchdog } from './watchdog.ts';
import { WorkQueue } from './work-queue.ts';

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
/** How often it is looked for what is too old: each 10 s, or ten times while it is kept, where that is shorter. */
const EVICT = { times: 10, mostMs: 10_000 };
/** How often the watchdog looks, as a part of the silence that it allows. */
const LOOKS = 6;

export interface Consumer {
  /** The page and the history over HTTP. */
  routes: Router;
  /** Starts the live side on an HTTP server, which `close` will close. */
  attach(server: Server): void;
  /** Why the consumer is not ready, or nothing when every topic is loaded: read up to where it ended at the start. */
  notReady(): string | undefined;
  /** Rejects when the consumer cannot go on: a reader is stuck, or the history cannot be written. */
  failed: Promise<never>;
  close(): Promise<void>;
}

interface ConsumerOptions {
  log: Log;
  config: ConsumerConfig;
  context: ServiceContext;
  /** When a topic's next broadcast is due, in milliseconds since the Unix epoch; null where that is not known. */
  dueAt?: (topic: string) => number | null;
}

/** Starts to read whole topics, and shows them. */
export async function createConsumer({ log, config, context, dueAt = () => null }: ConsumerOptions): Promise<Consumer> {
  const { logger, registry, recordSpan } = context;
  const { ENVIRONMENT: environment, BANNER: banner } = config;
  const { access, signIn } = openAccess(config, context);
  const aboutFor = (viewer: Viewer): About => ({
    environment,
    banner,
    topics: access.topicsOf(viewer),
    fields: broadcastFields,
    retentionMs: history.maxAgeMs,
    account: viewer.session?.account ?? null,
  });
  const { origin, basePath = '/' } = config.PUBLIC_URL ?? {};
  const origins = new Origins(origin, logger);
  const page = await bundlePage({ environment, banner }, config.PAGE_DIR);
  const history = new History({
    topics: config.TOPICS,
    maxAgeMs: config.HISTORY_MAX_HOURS * HOUR_MS,
    maxRows: config.HISTORY_MAX_ROWS,
    maxBytes: config.HISTORY_MAX_MIB * MIB,
  });
  const intake = new WorkQueue();
  const topicLogs = new Map(config.TOPICS.map((topic) => [topic, log.topic(topic)]));
  historyMetrics(registry, history);
  const metrics = readerMetrics(registry);
  const traces = recordSpan && new MessageTraces(recordSpan);
  const live = new Live({
    history,
    access,
    origins,
    aboutFor,
    dueAt,
    pageBuild: page.build,
    connectionsPerAccount: config.CONNECTIONS_PER_ACCOUNT,
    isLoaded: (topic) => readers.some((reader) => reader.topic === topic && reader.isLoaded),
    listOffsets: (topic) => topicLogs.get(topic)!.listOffsets(),
    metrics: (state) => liveMetrics(registry, state),
    traces,
    logger,
  });
  signIn?.accounts.onChange(() => live.recheck());
  const readers = [...topicLogs].map(
    ([topic, topicLog]) =>
      new Reader({
        topicLog,
        history,
        intake,
        metrics,
        logger,
        onMessages(messages, given, afterGap) {
          if (afterGap) {
            live.publishAfterGap(topic, messages);
            return;
          }
          traces?.noteRead(topicLog, messages, given);
          live.publish(topic, messages);
        },
        whenDrained: () => live.whenDrained(topic),
        onRestarted() {
          logger.warn({ topic }, 'the topic was created anew: its history starts over');
          live.restart(topic);
        },
        onLoaded() {
          logger.info(
            { topic, messages: history.count(topic) },
            'topic is loaded: it is read up to where it ended at the start',
          );
          live.loaded(topic);
        },
      }),
  );
  lagMetric(registry, readers);

  const stop = new AbortController();
  const failure = Promise.withResolvers<never>();
  const reading = readers.map((reader) => reader.run(stop.signal).catch(failure.reject));
  const evicting = keepEvicting(history, intake, stop.signal).catch(failure.reject);
  const watching = readers.map((reader) =>
    watch(reader, topicLogs.get(reader.topic)!, config.WATCHDOG_SECONDS, logger, failure.reject),
  );

  const renew = async ({ session }: Viewer) => session && signIn?.sessions.renew(session);
  const routes = createRoutes({
    history,
    access,
    origins,
    aboutFor,
    renew,
    page,
    basePath,
    signal: stop.signal,
  });
  if (signIn) {
    const onSignedOut = () => live.recheck();
    routes.use(createSignInRoutes({ ...signIn, access, origins, page: page.signIn, onSignedOut, logger }).routes());
  }

  return {
    routes,
    attach: (server) => live.attach(server),
    notReady() {
      const behind = readers.filter((reader) => !reader.isLoaded).map((reader) => reader.topic);
      // Everyone may ask this, but not everyone may know the topics.
      const what = access.isOpen ? behind.join(', ') : 'topics';
      return behind.length > 0 ? `still reading ${what}` : undefined;
    },
    failed: failure.promise,
    async close() {
      for (const timer of watching) clearInterval(timer);
      stop.abort();
      await Promise.all([live.close(), evicting, ...reading]);
      history.close();
      signIn?.close();
    },
  };
}

/** Evicts what is too old, in turns, again and again. */
async function keepEvicting(history: History, intake: WorkQueue, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const steps = history.evictExpired(Date.now());
    while (!signal.aborted && !(await intake.do(() => signal.aborted || steps.next().done)));
    const pauseMs = Math.min(EVICT.mostMs, history.maxAgeMs / EVICT.times);
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** Looks after a reader: one that is stuck reads anew, and if that does not help there is no going on. */
function watch(
  reader: Reader,
  topicLog: TopicLog,
  seconds: number,
  logger: ServiceContext['logger'],
  onLost: (error: Error) => void,
): NodeJS.Timeout {
  const { topic } = topicLog;
  const silenceMs = seconds * 1000;
  const watchdog = new Watchdog(silenceMs);
  return setInterval(async () => {
    // A log that does not answer says nothing about its reader.
    const offsets = await topicLog.listOffsets().catch(() => undefined);
    if (!offsets) return;
    reader.noteOffsets(offsets);
    const bites = watchdog.look(offsets, reader.fetchPositions, performance.now());
    if (bites === 1) {
      logger.warn({ topic, seconds }, 'the reader is stuck while the topic goes on: it reads anew from where it was');
      reader.reopen();
    } else if (bites > 1) {
      onLost(new Error(`the reader of ${topic} is stuck: silent for ${bites * seconds} s while the topic goes on`));
    }
  }, silenceMs / LOOKS);
}
