import createError from 'http-errors';
import type { Context } from 'koa';
import Router, { type RouterMiddleware } from 'koa-router';
import { download, type Format } from './download.ts';
import { histogramOf, type History } from '../history/index.ts';
import { readHistogramQuery } from './histogram-query.ts';
import type { About } from '../about.ts';
import type { Access, Origins, Viewer } from '../access/index.ts';
import type { BundledPage } from './page-bundle.ts';
import { messagePage } from './message-page.ts';
import { readMessageQuery } from './query.ts';
import { createRecordRoutes } from './record-routes.ts';
import type { SupervisedOptions } from './supervised.ts';
import { WorkQueue } from '../work-queue.ts';

const ONCE = 'expected once';

interface RoutesOptions {
  history: History;
  access: Access;
  origins: Origins;
  aboutFor: (viewer: Viewer) => About;
  /** Makes the session of a viewer who uses it go on; answers with its cookie, where there is a new one. */
  renew: (viewer: Viewer) => Promise<string | undefined>;
  page: BundledPage;
  /** Where people find the page, from the root of its host. */
  basePath: string;
  /** Aborts when the service closes. */
  signal: AbortSignal;
}

/** The consumer's HTTP side: the page, the topics, and their history. */
export function createRoutes(options: RoutesOptions): Router {
  const { history, access, origins, aboutFor, renew, page, basePath, signal } = options;
  const router = new Router<{ viewer: Viewer }>();
  // What takes long takes its turns here, whoever asked for it.
  const work = new WorkQueue();

  const findViewer = async (ctx: Context): Promise<Viewer | undefined> => {
    const viewer = await access.viewerOf(ctx.headers.cookie);
    const cookie = viewer && (await renew(viewer));
    if (cookie) ctx.append('Set-Cookie', cookie);
    return viewer;
  };

  const needViewer: RouterMiddleware<{ viewer: Viewer }> = async (ctx, next) => {
    // What is for one viewer is for no other, and no cache knows who is who.
    if (!access.isOpen) ctx.set('Cache-Control', 'no-store');
    const viewer = await findViewer(ctx);
    if (!viewer) {
      ctx.set('WWW-Authenticate', 'Session realm="hello-world"');
      throw createError(401, `sign in first, at ${basePath}sign-in`);
    }
    ctx.state.viewer = viewer;
    return next();
  };

  router.get('/', async (ctx) => {
    ctx.set('Cache-Control', access.isOpen ? 'no-cache' : 'no-store');
    if (!(await findViewer(ctx))) return ctx.redirect(`sign-in${ctx.search}`);
    ctx.type = 'html';
    ctx.body = page.html;
  });

  router.get('/assets/:file', (ctx) => {
    const asset = page.assets.get(ctx.params.file!);
    if (!asset) return;
    // The name changes with the content, so it never has to be asked for again.
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    ctx.type = asset.type;
    ctx.body = asset.body;
  });

  // A browser does not tell a page why its WebSocket was refused, so the page asks here.
  router.get('/api/live', (ctx) => {
    const { origin } = ctx.query;
    if (typeof origin !== 'string') throw createError(400, `origin: ${origin ? ONCE : 'is missing'}`);
    ctx.set('Cache-Control', 'no-store');
    const { host, 'x-forwarded-host': forwarded } = ctx.headers;
    if (!origins.allow({ origin, host, 'x-forwarded-host': forwarded }))
      throw createError(403, origins.refusal(origin));
    ctx.status = 204;
  });

  router.get('/api/topics', needViewer, (ctx) => {
    const { topics, ...about } = aboutFor(ctx.state.viewer);
    ctx.body = { ...about, topics: topics.map((topic) => ({ topic, ...history.facts(topic) })) };
  });

  const checkTopic = (viewer: Viewer, topic: string): void => {
    if (access.maySee(viewer, topic)) return;
    // Whether there is a topic is not said to those who may not see it.
    const others = access.topicsOf(viewer).join(', ') || 'none';
    throw createError(404, `there is no topic ${topic} here; there is ${others}`);
  };

  const supervision = ({ req }: Pick<Context, 'req'>, viewer: Viewer, topic: string): SupervisedOptions => ({
    topic,
    isAllowed: () => access.maySee(viewer, topic),
    connection: req.socket,
    signal,
  });

  router.get('/api/topics/:topic/messages', needViewer, async (ctx) => {
    const topic = ctx.params.topic!;
    const { viewer } = ctx.state;
    checkTopic(viewer, topic);
    const accepted = negotiate(ctx.accepts('json', 'application/x-ndjson', 'text/csv'));
    const asked = readMessageQuery(topic, ctx.query, accepted);
    const { format } = asked;
    const how = { history, work, ...supervision(ctx, viewer, topic) };
    if (format === 'json') {
      ctx.type = 'json';
      ctx.body = await messagePage({ ...how, ...asked });
      return;
    }
    ctx.attachment(`${topic}.${format}`);
    ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
    ctx.body = download({ ...how, ...asked, format });
  });

  router.get('/api/topics/:topic/histogram', needViewer, async (ctx) => {
    const topic = ctx.params.topic!;
    checkTopic(ctx.state.viewer, topic);
    const query = readHistogramQuery(ctx.query);
    ctx.body = await work.do(() => histogramOf(history, topic, query, Date.now()));
  });

  router.use(createRecordRoutes({ history, work, needViewer, checkTopic, supervision }).routes());

  router.get('/api{/*rest}', ({ path }) => {
    throw createError(404, `nothing is at ${path}; topics are at api/topics, messages at api/topics/TOPIC/messages`);
  });

  return router;
}

function negotiate(accepted: string | false): 'json' | Format {
  if (accepted === 'text/csv') return 'csv';
  return accepted === 'application/x-ndjson' ? 'ndjson' : 'json';
}
