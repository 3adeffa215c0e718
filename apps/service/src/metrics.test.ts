import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createRegistry } from './metrics.ts';

const TURN_MS = 60;

/** Lets the event loop stand still for a while. */
async function standStill(ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end;);
  // What is measured is known when the turn is over.
  await sleep(1);
}

async function read(text: Promise<string>, name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await text)?.[1]);
}

it('tells of each time that the event loop stood still, until it was told', async () => {
  const registry = createRegistry();
  await sleep(1);
  await registry.metrics();
  await standStill(TURN_MS);
  const [metrics, later] = [await registry.metrics(), registry.metrics()];
  for (const figure of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    expect(metrics).toMatch(new RegExp(`^nodejs_eventloop_lag_${figure}_seconds [\\d.e-]+$`, 'm'));
  expect(await read(Promise.resolve(metrics), 'nodejs_eventloop_lag_max_seconds')).toBeGreaterThanOrEqual(
    TURN_MS / 1000,
  );
  expect(await read(later, 'nodejs_eventloop_lag_max_seconds')).toBeLessThan(TURN_MS / 1000);
});
