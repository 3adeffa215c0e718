import { expect, it, onTestFinished, vi } from 'vitest';
import { message, messages } from '../../testing/message.ts';
import { Fanout } from './fanout.ts';
import type { Message } from '../history/message.ts';

const batch = (count: number): Message[] => messages(0, count - 1);
/** A process that has no time to lose, which rests for long. */
const full = { share: 1 };
/** Longer than any rest after a batch. */
const rest = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 85));

function recording(): { fanout: Fanout; sent: [topic: string, count: number][] } {
  const sent: [string, number][] = [];
  return { fanout: new Fanout((topic, { length }) => void sent.push([topic, length]), full), sent };
}

it('sends at once what comes while nothing is going out', () => {
  const { fanout, sent } = recording();
  fanout.push('a', batch(2));
  expect(sent).toEqual([['a', 2]]);
  fanout.close();
});

it('gathers what comes while a batch is going out, and sends it together', async () => {
  const { fanout, sent } = recording();
  for (const count of [1, 2, 3]) fanout.push('a', batch(count));
  fanout.push('b', batch(1));
  expect(sent).toEqual([['a', 1]]);
  await vi.waitUntil(() => sent.length === 3);
  expect(sent).toEqual([
    ['a', 1],
    ['a', 5],
    ['b', 1],
  ]);
  fanout.close();
});

it('has room for more until more than a batch is gathered, and again when that went out', async () => {
  const { fanout, sent } = recording();
  fanout.push('a', batch(1));
  fanout.push('a', batch(500));
  await fanout.whenDrained('a');
  expect(sent).toEqual([['a', 1]]);
  fanout.push('a', batch(1));
  await fanout.whenDrained('b');
  expect(sent).toEqual([['a', 1]]);
  await fanout.whenDrained('a');
  expect(sent.map(([, size]) => size)).toEqual([1, 500, 1]);
  fanout.close();
});

it.each([
  ['cleared', (fanout: Fanout) => fanout.clear('a')],
  ['closed', (fanout: Fanout) => fanout.close()],
])('lets nobody wait when it is %s, and sends nothing more', async (_, end) => {
  const { fanout, sent } = recording();
  fanout.push('a', batch(1_100));
  const waiting = fanout.whenDrained('a');
  end(fanout);
  await waiting;
  await rest();
  expect(sent).toEqual([['a', 500]]);
});

it('is idle again after a rest in which nothing came', async () => {
  const { fanout, sent } = recording();
  fanout.push('a', batch(1));
  await rest();
  fanout.push('a', batch(2));
  expect(sent).toEqual([
    ['a', 1],
    ['a', 2],
  ]);
  fanout.close();
});

it.each([
  [500, [500]],
  [501, [500, 1]],
  [1_100, [500, 500, 100]],
])('sends a burst of %i in batches of 500 at most, one in each turn', async (count, expected) => {
  const { fanout, sent } = recording();
  fanout.push('a', batch(count));
  expect(sent).toHaveLength(1);
  await vi.waitUntil(() => sent.length === expected.length);
  await rest();
  expect(sent.map(([, size]) => size)).toEqual(expected);
});

it('sends large messages in small batches, the largest alone', async () => {
  const { fanout, sent } = recording();
  const sizes = [60_000, 60_000, 60_000, 1_000_000, 1, 1];
  fanout.push(
    'a',
    sizes.map((size, offset) => ({ ...message(offset), text: 'a'.repeat(size) })),
  );
  await vi.waitUntil(() => sent.length === 4);
  expect(sent.map(([, size]) => size)).toEqual([2, 1, 1, 2]);
});

it('counts what a message has beside its text', () => {
  const { fanout, sent } = recording();
  fanout.push(
    'a',
    batch(500).map((each) => ({ ...each, key: null, text: 'a'.repeat(250) })),
  );
  fanout.push(
    'b',
    batch(500).map((each) => ({
      ...each,
      key: 'k'.repeat(50),
      text: 'a'.repeat(100),
      headers: [['h'.repeat(100), null]],
    })),
  );
  fanout.flush('b');
  expect(sent.slice(0, 2)).toEqual([
    ['a', 262],
    ['b', 262],
  ]);
  fanout.close();
});

it('tells when the first message of each batch was pushed, also of what is left of several pushes', () => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'], now: 1_000 });
  onTestFinished(() => void vi.useRealTimers());
  const start = performance.now();
  const sent: [count: number, at: number, since: number][] = [];
  const fanout = new Fanout(
    (_, { length }, { at, since }) => void sent.push([length, at - 1_000, since - start]),
    full,
  );
  fanout.push('a', batch(1));
  // 300 + 300 + 300 go out as 500 and 400, of which the first was pushed second.
  for (let push = 0; push < 3; push += 1) {
    fanout.push('a', batch(300));
    vi.advanceTimersByTime(2);
  }
  fanout.flush('a');
  expect(sent).toEqual([
    [1, 0, 0],
    [500, 0, 0],
    [400, 2, 2],
  ]);
  fanout.close();
});

it('sends what is gathered when it is told to, and forgets it when it is told to', async () => {
  const { fanout, sent } = recording();
  fanout.push('a', batch(1));
  fanout.push('a', batch(2));
  fanout.push('b', batch(3));
  fanout.flush('a');
  fanout.clear('b');
  await rest();
  expect(sent).toEqual([
    ['a', 1],
    ['a', 2],
  ]);
});

it('sends all that is gathered at once when it is told to, in batches', () => {
  const { fanout, sent } = recording();
  fanout.push('a', batch(1));
  fanout.push('a', batch(1_100));
  fanout.flush('a');
  expect(sent.map(([, size]) => size)).toEqual([1, 500, 500, 100]);
  fanout.close();
});

it('sends nothing of what comes after it was closed', async () => {
  const { fanout, sent } = recording();
  fanout.push('a', batch(1));
  fanout.close();
  fanout.push('a', batch(1));
  await rest();
  expect(sent).toEqual([['a', 1]]);
});

it('sends nothing for nothing', () => {
  const { fanout, sent } = recording();
  fanout.push('a', []);
  expect(sent).toEqual([]);
});

/**
 * Sends a batch that takes so long while the event loop is so busy, and answers for how long a second one waits after
 * it.
 */
function restAfter(tookMs: number, share: number): number {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let endedAt = 0;
  const waits: number[] = [];
  const fanout = new Fanout(
    () => {
      if (endedAt > 0) return waits.push(performance.now() - endedAt);
      vi.advanceTimersByTime(tookMs);
      return (endedAt = performance.now());
    },
    { share },
  );
  fanout.push('a', batch(1));
  fanout.push('a', batch(1));
  vi.runAllTimers();
  return waits[0]!;
}

it.each([
  [1, 8],
  [5, 40],
  [50, 25],
  [80, 0],
])('rests after a batch that took %i ms for %i ms while the processor is scarce', (tookMs, restMs) => {
  expect(restAfter(tookMs, 1)).toBeCloseTo(restMs, 5);
  expect(restAfter(tookMs, 0.7)).toBeCloseTo(restMs, 5);
});

it.each([
  [1, 8],
  [5, 10],
  [50, 10],
  [70, 5],
  [80, 0],
])('hardly rests after a batch that took %i ms while there is processor to spare: for %i ms', (tookMs, restMs) => {
  for (const share of [0, 0.2, 0.5]) expect(restAfter(tookMs, share)).toBeCloseTo(restMs, 5);
});

it('rests the longer the busier the event loop is in between', () => {
  const rests = [0.52, 0.55, 0.6, 0.65].map((share) => restAfter(5, share));
  expect(rests).toEqual(rests.toSorted((a, b) => a - b));
  expect(rests[0]).toBeGreaterThan(10);
  expect(rests.at(-1)).toBeLessThan(40);
});

it('leaves no timer behind when nothing comes while it rests', () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { fanout } = recording();
  fanout.push('a', batch(1));
  expect(vi.getTimerCount()).toBe(0);
});

it('does not rest while something is left', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let sent = 0;
  const fanout = new Fanout(() => {
    sent += 1;
    if (sent === 1) vi.advanceTimersByTime(5);
  });
  fanout.push('a', batch(501));
  vi.advanceTimersByTime(1);
  expect(sent).toBe(2);
});
