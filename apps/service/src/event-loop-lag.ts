import { type Histogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** What is told of the turns of the event loop, in nanoseconds. */
const FIGURES: Record<string, (turns: Histogram) => number> = {
  min: ({ min }) => min,
  max: ({ max }) => max,
  mean: ({ mean }) => mean,
  stddev: ({ stddev }) => stddev,
  p50: (turns) => turns.percentile(50),
  p90: (turns) => turns.percentile(90),
  p99: (turns) => turns.percentile(99),
};

/**
 * Tells how long the turns of the event loop took, since it was asked for last, under the names that prom-client has
 * for its delay. To look at every turn costs less than a microsecond; prom-client looks by a timer, which is most of
 * what an idle service does, and does not see what is shorter than the timer's interval.
 */
export function measureEventLoopLag(registry: Registry): void {
  const turns = monitorEventLoopDelay({ samplePerIteration: true });
  turns.enable();
  const gauges = Object.keys(FIGURES).map((figure) => {
    const name = `nodejs_eventloop_lag_${figure}_seconds`;
    registry.removeSingleMetric(name);
    return new Gauge({
      name,
      help: `Time that turns of the event loop took: ${figure}`,
      registers: [registry],
      collect,
    });
  });
  function collect(this: Gauge): void {
    // The first one that is asked answers for all of them.
    if (this !== gauges[0]) return;
    for (const [index, figure] of Object.values(FIGURES).entries()) gauges[index]!.set(figure(turns) / 1e9);
    turns.reset();
  }
}
