import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { supervised } from './supervised.ts';

it('is not given up while nothing is found for long, since there is nothing to take', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const found = Promise.withResolvers<string>();
  async function* parts() {
    yield 'first';
    yield await found.promise;
  }
  const stream = supervised(parts(), {
    topic: 'hello-world',
    isAllowed: () => true,
    connection: { bytesWritten: 5, writableLength: 0 },
    signal: new AbortController().signal,
  });
  const taken: string[] = [];
  const reading = (async () => {
    for await (const part of stream) taken.push(part as string);
  })();
  while (taken.length === 0) await nextTurn();
  vi.advanceTimersByTime(200_000);
  found.resolve('second');
  await reading;
  expect(taken).toEqual(['first', 'second']);
});
