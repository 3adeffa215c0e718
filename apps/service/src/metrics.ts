import type { Middleware } from 'koa';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** A registry of its own, with the process's metrics in it. */
export function createRegistry(): Registry {
  const registry = new Registry();
  // How often the event loop's delay is looked at, in milliseconds. The default of 10 is most of what an idle service
  // does.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
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
