import Koa, { type Middleware } from 'koa';
import helmet from 'koa-helmet';
import Router from 'koa-router';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { requestMetrics } from './metrics.ts';
import { problem, problems } from './problem.ts';
import { version } from './version.ts';

/** Says why the service is not ready, or nothing when it is. */
export type Readiness = () => string | undefined;

/** What every part of a service shares. */
export interface ServiceContext {
  name: string;
  logger: Logger;
  registry: Registry;
}

const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

const headers = { contentSecurityPolicy };
const YEAR_S = 31_536_000;
const plainHeaders = helmet({ ...headers, strictTransportSecurity: false });
const secureHeaders = helmet({ ...headers, strictTransportSecurity: { maxAge: YEAR_S, includeSubDomains: false } });

/**
 * A Koa application with what every service answers: /healthz, /readyz, /metrics, /version, security headers, and problem
 * details for errors. The given routes come after.
 *
 * @param options `metrics: false` leaves out /metrics, for `createMetricsApp` to serve it.
 */
export function createApp(context: ServiceContext, ready: Readiness, routes: Router, { metrics = true } = {}): Koa {
  const own = probeRoutes(context, ready);
  return compose(context, metrics ? [own, metricsRoutes(context), routes] : [own, routes], [
    requestMetrics(context.registry),
  ]);
}

/** The metrics and the probes alone, for a port that is not everyone's. */
export function createMetricsApp(context: ServiceContext, ready: Readiness): Koa {
  return compose(context, [probeRoutes(context, ready), metricsRoutes(context)]);
}

function probeRoutes({ name }: ServiceContext, ready: Readiness): Router {
  const router = new Router();
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', (ctx) => {
    const reason = ready();
    if (reason === undefined) ctx.body = { status: 'ready' };
    else problem(ctx, 503, reason);
  });
  router.get('/version', (ctx) => {
    ctx.body = { name, version, node: process.version };
  });
  return router;
}

function metricsRoutes({ registry }: ServiceContext): Router {
  const router = new Router();
  router.get('/metrics', async (ctx) => {
    ctx.type = registry.contentType;
    ctx.body = await registry.metrics();
  });
  return router;
}

function compose({ logger }: ServiceContext, routers: Router[], first: Middleware[] = []): Koa {
  const app = new Koa();
  app.on('error', (error: Error & { code?: string }) => {
    // Someone who hangs up in the middle of an answer is nobody's error.
    const hungUp = error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
    logger[hungUp ? 'debug' : 'error']({ err: error }, 'an answer failed');
  });
  for (const each of first) app.use(each);
  app.use(problems(logger));
  // What is served in the clear cannot promise that it will not be.
  app.use((ctx, next) => (ctx.secure ? secureHeaders : plainHeaders)(ctx, next));
  for (const each of routers) app.use(each.routes()).use(each.allowedMethods());
  return app;
}
