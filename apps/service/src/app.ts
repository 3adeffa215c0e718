import Koa, { type Context, type Middleware } from 'koa';
import helmet from 'koa-helmet';
import Router from 'koa-router';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { isLoopback } from './loopback.ts';
import { readyMetric, requestMetrics } from './metrics.ts';
import { problem, problems } from './problem.ts';
import type { RecordSpan } from './span.ts';
import { revision, version } from './version.ts';

/** Says why the service is not ready, or nothing when it is. */
export type Readiness = () => string | undefined;

/** What every part of a service shares. */
export interface ServiceContext {
  name: string;
  logger: Logger;
  registry: Registry;
  /** Missing where nobody wants traces. */
  recordSpan?: RecordSpan | undefined;
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

const YEAR_S = 31_536_000;
const securityHeaders = (strictTransportSecurity: false | { maxAge: number; includeSubDomains: false }): Middleware =>
  helmet({ contentSecurityPolicy, strictTransportSecurity, xFrameOptions: { action: 'deny' } });
const withoutPromise = securityHeaders(false);
const withPromise = securityHeaders({ maxAge: YEAR_S, includeSubDomains: false });
const takingPromiseBack = securityHeaders({ maxAge: 0, includeSubDomains: false });

/**
 * A Koa application with what every service answers: /healthz, /readyz, /metrics, /version, security headers, and
 * problem details for errors. The given routes come after.
 *
 * @param options `metrics: false` leaves out /metrics, for `createMetricsApp` to serve it.
 */
export function createApp(context: ServiceContext, ready: Readiness, routes: Router, { metrics = true } = {}): Koa {
  const own = probeRoutes(context, ready);
  readyMetric(context.registry, () => ready() === undefined);
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
    ctx.body = { name, version, revision, node: process.version };
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

/**
 * The security headers, with or without the promise of HTTPS (HSTS). A browser takes it for a host, whatever the port,
 * so for localhost it would make every other http://localhost of that machine unreachable. Earlier versions gave it all
 * the same: max-age=0 takes it back.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6797#section-6.1.1
 */
function headersFor({ secure, host }: Context): Middleware {
  // What is served in the clear cannot promise that it will not be.
  if (!secure) return withoutPromise;
  const loopback = isLoopback(host);
  // Without a name there is nobody to promise anything for.
  if (loopback === undefined) return withoutPromise;
  return loopback ? takingPromiseBack : withPromise;
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
  app.use((ctx, next) => headersFor(ctx)(ctx, next));
  for (const each of routers) app.use(each.routes()).use(each.allowedMethods());
  return app;
}
