import type { Middleware } from 'koa';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { revision, version } from './version.ts';

/** Each is the sum of one without `_total`, whose name Prometheus keeps for what only grows. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Buckets of a latency, in seconds, from what an idle process takes to what a broken one does. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 300];

/** A registry of its own, with the process's metrics and what runs in it. */
export function createRegistry(): Registry {
  const registry = new Registry();
  // How often the event loop's delay is looked at, in milliseconds. The default of 10 is most of what an idle service
  // does.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const build = new Gauge({
    name: 'build_info',
    help: 'Always 1; its labels say which version runs, of which image, and on which Node',
    labelNames: ['version', 'revision', 'node'],
    registers: [registry],
  });
  build.set({ version, revision, node: process.version }, 1);
  return registry;
}

/** Whether the service is ready, as /readyz says. */
export function readyMetric(registry: Registry, isReady: () => boolean): void {
  new Gauge({
    name: 'service_ready',
    help: '1 while the service is ready, as /readyz says, otherwise 0',
    registers: [registry],
    collect() {
      this.set(isReady() ? 1 : 0);
    },
  });
}

/** Times every request, by method, route and status. */
export function requestMetrics(registry: Registry): Middleware {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to the start of its answer',
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
