import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Stretches } from './stretches.ts';

/** Holds the loop until the process has worked so long, in milliseconds. */
function work(ms: number): void {
  const start = process.threadCpuUsage();
  for (let taken = 0; taken < ms * 1000;) {
    const { user, system } = process.threadCpuUsage(start);
    taken = user + system;
  }
}

it('finds the longest stretch in which the loop stood still, since it was asked to begin', async () => {
  const stretches = new Stretches();
  await sleep(10);
  work(400);
  expect((await stretches.longest()).wallMs).toBeGreaterThan(390);
  stretches.reset();
  work(60);
  await sleep(10);
  work(120);
  const { wallMs, cpuMs } = await stretches.longest();
  expect(wallMs).toBeGreaterThan(110);
  // The first one is forgotten. Others may take a part of the machine, which the own work does not count.
  expect(cpuMs).toBeLessThan(390);
  expect(cpuMs).toBeGreaterThan(50);
});
