import type { Middleware } from 'koa';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { measureEventLoopLag } from './event-loop-lag.ts';

const DAY_MS = 86_400_000;

/** A registry of its own, with the process's metrics in it. */
export function createRegistry(): Registry {
  const registry = new Registry();
  // It looks at the event loop's delay by a timer; nobody needs what that sees.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: DAY_MS });
  measureEventLoopLag(registry);
  return registry;
}

/** Times every request, by method, route and status. */
export function requestMetrics(registry: Registry): Middleware {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to the start of its answer, in seconds',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  return async (ctx, next) => {
    const end = duration.startTimer();
    await next();
    // The route's pattern, not the path: paths are without number, labels must not be.
    end({ method: ctx.method, route: String(ctx._matchedRoute ?? 'none'), status: ctx.status });
  };
}
