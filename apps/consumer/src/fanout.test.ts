import { expect, it, vi } from 'vitest';
import { Fanout } from './fanout.ts';
import type { Message } from './message.ts';

const message = (offset: number): Message => ({
  topic: 'a',
  partition: 0,
  offset,
  timestamp: offset,
  text: 'Hello world',
  environment: 'test',
  sequence: offset + 1,
  sentAt: offset,
  nextInMs: 1,
});
const messages = (count: number): Message[] => Array.from({ length: count }, (_, index) => message(index));
/** Longer than any rest after a batch. */
const rest = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 85));

function recording(): { fanout: Fanout; sent: [topic: string, count: number][] } {
  const sent: [string, number][] = [];
  return { fanout: new Fanout((topic, batch) => void sent.push([topic, batch.length])), sent };
}

it('sends at once what comes while nothing is going out', () => {
  const { fanout, sent } = recording();
  fanout.push('a', messages(2));
  expect(sent).toEqual([['a', 2]]);
  fanout.close();
});

it('gathers what comes while a batch is going out, and sends it together', async () => {
  const { fanout, sent } = recording();
  for (const count of [1, 2, 3]) fanout.push('a', messages(count));
  fanout.push('b', messages(1));
  expect(sent).toEqual([['a', 1]]);
  await vi.waitUntil(() => sent.length === 3);
  expect(sent).toEqual([
    ['a', 1],
    ['a', 5],
    ['b', 1],
  ]);
  fanout.close();
});

it('is idle again after a rest in which nothing came', async () => {
  const { fanout, sent } = recording();
  fanout.push('a', messages(1));
  await rest();
  fanout.push('a', messages(2));
  expect(sent).toEqual([
    ['a', 1],
    ['a', 2],
  ]);
  fanout.close();
});

it('sends a burst in batches of 500 at most', () => {
  const { fanout, sent } = recording();
  fanout.push('a', messages(1_100));
  expect(sent.map(([, count]) => count)).toEqual([500, 500, 100]);
  fanout.close();
});

it('sends what is gathered when it is told to, and forgets it when it is told to', async () => {
  const { fanout, sent } = recording();
  fanout.push('a', messages(1));
  fanout.push('a', messages(2));
  fanout.push('b', messages(3));
  fanout.flush('a');
  fanout.clear('b');
  await rest();
  expect(sent).toEqual([
    ['a', 1],
    ['a', 2],
  ]);
});

it('sends nothing for nothing', () => {
  const { fanout, sent } = recording();
  fanout.push('a', []);
  expect(sent).toEqual([]);
});
