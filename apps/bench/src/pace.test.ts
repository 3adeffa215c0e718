import { expect, it } from 'vitest';
import { clock } from './clock.ts';
import { pace } from './pace.ts';

it('says each message once, in order, when it is due and not before', async () => {
  const said: { sequence: number; dueAt: number; at: number }[] = [];
  const start = clock();
  await pace({ first: 5, count: 10, rate: 200 }, (sequence, dueAt) => said.push({ sequence, dueAt, at: clock() }));
  expect(clock() - start).toBeGreaterThanOrEqual(50);
  expect(said.map(({ sequence }) => sequence)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  for (const [index, { dueAt, at }] of said.entries()) {
    expect(dueAt).toBeCloseTo(said[0]!.dueAt + index * 5, 6);
    expect(at).toBeGreaterThanOrEqual(dueAt);
  }
});

it('has its lateness counted: what was due while it was busy comes together, with the times when it was due', async () => {
  const dues: number[] = [];
  await pace({ first: 1, count: 6, rate: 200 }, (_, dueAt) => {
    dues.push(dueAt);
    if (dues.length === 1) for (const start = clock(); clock() - start < 20;);
  });
  expect(dues).toHaveLength(6);
  expect(dues.at(-1)! - dues[0]!).toBeCloseTo(25, 6);
});
