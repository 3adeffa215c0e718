import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Utilization } from './utilization.ts';

function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

it('is next to nothing while the event loop waits', async () => {
  const utilization = new Utilization();
  await sleep(200);
  expect(utilization.share).toBeLessThan(0.1);
});

it('grows while the event loop is busy, the more the longer, and calms down again', async () => {
  const utilization = new Utilization();
  work(100);
  const soon = utilization.share;
  expect(soon).toBeGreaterThan(0.1);
  expect(soon).toBeLessThan(0.5);
  work(400);
  const later = utilization.share;
  expect(later).toBeGreaterThan(0.5);
  await sleep(500);
  expect(utilization.share).toBeLessThan(later / 2);
});

it('is the same however often it is asked', () => {
  const [often, once] = [new Utilization(), new Utilization()];
  for (let times = 0; times < 20; times += 1) {
    work(5);
    void often.share;
  }
  expect(often.share).toBeCloseTo(once.share, 2);
});
