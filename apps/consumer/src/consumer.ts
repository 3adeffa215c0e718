import type { Server } from 'node:http';
import type { Log } from '@hello/broadcasts';
import type { ServiceContext } from '@hello/service';
import type Router from 'koa-router';
import type { About } from './about.ts';
import type { Viewer } from './access/access.ts';
import { openAccess } from './access/open.ts';
import { createSignInRoutes } from './access/sign-in.ts';
import type { ConsumerConfig } from './config.ts';
import { History } from './history.ts';
import { Live } from './live.ts';
import { historyMetrics, liveMetrics, readerMetrics } from './metrics.ts';
import { bundlePage } from './page-bundle.ts';
import { Reader } from './reader.ts';
import { createRoutes } from './routes.ts';
import { Watchdog } from './watchdog.ts';

const HOUR_MS = 3_600_000;
const EVICT_MS = 1_000;
/** How often the watchdog looks, as a part of the silence that it allows. */
const LOOKS = 6;

export interface Consumer {
  /** The page and the history over HTTP. */
  routes: Router;
  /** Starts the live side on an HTTP server, which `close` will close. */
  attach(server: Server): void;
  /** Why the consumer is not ready, or nothing when every topic is read as far as it went at the start. */
  notReady(): string | undefined;
  /** Rejects when the consumer cannot go on: a reader is stuck, or the history cannot be written. */
  failed: Promise<never>;
  close(): Promise<void>;
}

interface ConsumerOptions {
  log: Log;
  config: ConsumerConfig;
  context: ServiceContext;
}

/** Starts to read whole topics, and shows them. */
export async function createConsumer({ log, config, context }: ConsumerOptions): Promise<Consumer> {
  const { logger, registry } = context;
  const { ENVIRONMENT: environment, BANNER: banner } = config;
  const { access, signIn } = openAccess(config, context);
  const aboutFor = (viewer: Viewer): About => ({
    environment,
    banner,
    topics: access.topicsOf(viewer),
    account: viewer.session?.account ?? null,
  });
  const page = await bundlePage({ environment, banner }, config.PAGE_DIR);
  const history = new History({
    topics: config.TOPICS,
    maxAgeMs: config.HISTORY_MAX_HOURS * HOUR_MS,
    maxRows: config.HISTORY_MAX_ROWS,
  });
  historyMetrics(registry, history);
  const metrics = readerMetrics(registry);
  const live = new Live({
    history,
    access,
    aboutFor,
    pageBuild: page.build,
    connectionsPerAccount: config.CONNECTIONS_PER_ACCOUNT,
    isCaughtUp: (topic) => readers.some((reader) => reader.topic === topic && reader.caughtUp),
    metrics: (clients) => liveMetrics(registry, clients),
    logger,
  });
  signIn?.accounts.onChange(() => live.recheck());
  const topicLogs = config.TOPICS.map((topic) => log.topic(topic));
  const readers = topicLogs.map(
    (topicLog) =>
      new Reader({
        topicLog,
        history,
        metrics,
        logger,
        onMessages: (topic, messages, afterGap) =>
          afterGap ? live.publishAfterGap(topic, messages) : live.publish(topic, messages),
        onRestarted(topic) {
          logger.warn({ topic }, 'the topic was created anew: its history starts over');
          live.restart(topic);
        },
        onCaughtUp() {
          logger.info(
            { topic: topicLog.topic, messages: history.count(topicLog.topic) },
            'topic is read up to its end',
          );
          live.answerWaiting();
        },
      }),
  );

  const stop = new AbortController();
  const failure = Promise.withResolvers<never>();
  const reading = readers.map((reader) => reader.run(stop.signal).catch(failure.reject));
  const evicting = setInterval(() => history.evict(Date.now()), EVICT_MS);
  const silenceMs = config.WATCHDOG_SECONDS * 1000;
  const watching = topicLogs.map((topicLog) => {
    const watchdog = new Watchdog(silenceMs);
    return setInterval(async () => {
      // A log that does not answer says nothing about its reader.
      const ends = await topicLog.describe().catch(() => []);
      if (!watchdog.isStuck(ends, history.positions(topicLog.topic), performance.now())) return;
      failure.reject(
        new Error(
          `the reader of ${topicLog.topic} is stuck: silent for ${config.WATCHDOG_SECONDS} s while the topic goes on`,
        ),
      );
    }, silenceMs / LOOKS);
  });

  const renew = async ({ session }: Viewer) => session && signIn?.sessions.renew(session);
  const routes = createRoutes({ history, access, aboutFor, renew, page });
  if (signIn) {
    const onSignedOut = () => live.recheck();
    routes.use(createSignInRoutes({ ...signIn, access, page: page.signIn, onSignedOut, logger }).routes());
  }

  return {
    routes,
    attach: (server) => live.attach(server),
    notReady() {
      const behind = readers.filter((reader) => !reader.caughtUp).map((reader) => reader.topic);
      // Everyone may ask this, but not everyone may know the topics.
      const what = access.isOpen ? behind.join(', ') : 'topics';
      return behind.length > 0 ? `still reading ${what}` : undefined;
    },
    failed: failure.promise,
    async close() {
      for (const timer of [evicting, ...watching]) clearInterval(timer);
      stop.abort();
      await Promise.all([live.close(), ...reading]);
      history.close();
      signIn?.close();
    },
  };
}
