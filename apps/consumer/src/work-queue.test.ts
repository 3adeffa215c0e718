import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

const work = (ms: number) => () => {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
};

it('does pieces in order, and answers with what they do', async () => {
  const queue = new WorkQueue();
  const done: number[] = [];
  const answers = await Promise.all([1, 2, 3].map((number) => queue.do(() => done.push(number))));
  expect(done).toEqual([1, 2, 3]);
  expect(answers).toEqual([1, 2, 3]);
});

it('does nothing at once, and small pieces together', async () => {
  const queue = new WorkQueue();
  let done = 0;
  for (let count = 0; count < 100; count += 1) void queue.do(() => (done += 1));
  expect(done).toBe(0);
  await nextTurn();
  expect(done).toBe(100);
});

it('gives way to the event loop between pieces that take long, also to those that came first', async () => {
  const queue = new WorkQueue();
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 0);
  await Promise.all([queue.do(work(10)), queue.do(work(10)), queue.do(work(10))]);
  clearInterval(counting);
  expect(turns).toBeGreaterThanOrEqual(2);
});

it('goes on after a piece that fails, which only its owner hears of', async () => {
  const queue = new WorkQueue();
  const failing = queue.do(() => {
    throw new Error('broken');
  });
  const next = queue.do(() => 'well');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('well');
});

it('takes pieces that come up while others are done', async () => {
  const queue = new WorkQueue();
  expect(await queue.do(() => queue.do(() => 'inner'))).toBe('inner');
});
