import Koa from 'koa';
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

/**
 * A Koa application with what every service answers: /healthz, /readyz, /metrics, /version, security headers, and problem
 * details for errors. The given routes come after.
 */
export function createApp({ name, logger, registry }: ServiceContext, ready: Readiness, routes: Router): Koa {
  const router = new Router();
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', (ctx) => {
    const reason = ready();
    if (reason === undefined) ctx.body = { status: 'ready' };
    else problem(ctx, 503, reason);
  });
  router.get('/metrics', async (ctx) => {
    ctx.type = registry.contentType;
    ctx.body = await registry.metrics();
  });
  router.get('/version', (ctx) => {
    ctx.body = { name, version, node: process.version };
  });

  const app = new Koa();
  app.on('error', (error: Error & { code?: string }) => {
    // Someone who hangs up in the middle of an answer is nobody's error.
    const hungUp = error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
    logger[hungUp ? 'debug' : 'error']({ err: error }, 'an answer failed');
  });
  app.use(requestMetrics(registry));
  app.use(problems(logger));
  app.use(helmet({ contentSecurityPolicy, strictTransportSecurity: false }));
  for (const each of [router, routes]) app.use(each.routes()).use(each.allowedMethods());
  return app;
}
