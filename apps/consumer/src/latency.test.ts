import { Registry } from 'prom-client';
import { expect, it, onTestFinished, vi } from 'vitest';
import { message } from '../testing/message.ts';
import { Latency } from './latency.ts';

/** What was noted so far: the sums in milliseconds and the counts of observations, and what was skewed, by hop. */
async function noted(registry: Registry) {
  const lines = new Map(
    (await registry.metrics()).matchAll(/^(\S+) (\S+)$/gm).map(([, name, value]) => [name!, +value!]),
  );
  const of = (name: string) => lines.get(name) ?? 0;
  const hop = (name: string): [ms: number, count: number] => [
    Math.round(1000 * of(`live_hop_latency_seconds_sum{hop="${name}"}`)),
    of(`live_hop_latency_seconds_count{hop="${name}"}`),
  ];
  return {
    whole: [Math.round(1000 * of('live_latency_seconds_sum')), of('live_latency_seconds_count')],
    append: hop('append'),
    read: hop('read'),
    send: hop('send'),
    skewed: { append: of('live_skewed_total{hop="append"}'), read: of('live_skewed_total{hop="read"}') },
  };
}

function start() {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const registry = new Registry();
  const latency = new Latency(registry);
  /** Notes a message that was due at 1,000 ms and is sent 4 ms after it was read. */
  const note = (timestamp: number, readAt: number, more: object = {}) => {
    const since = performance.now();
    vi.advanceTimersByTime(4);
    latency.note({ ...message(0), dueAt: 1_000, timestamp, ...more }, { at: readAt, since });
  };
  return { registry, note };
}

const NONE = { append: 0, read: 0 };

it('has hops that add up to the whole', async () => {
  const { registry, note } = start();
  note(1_002, 1_030);
  note(1_001, 1_011);
  expect(await noted(registry)).toEqual({
    whole: [34 + 15, 2],
    append: [3, 2],
    read: [38, 2],
    send: [8, 2],
    skewed: NONE,
  });
});

it('takes a hop for one that took no time when its times are the same', async () => {
  const { registry, note } = start();
  note(1_000, 1_000);
  expect(await noted(registry)).toMatchObject({ whole: [4, 1], append: [0, 1], read: [0, 1], skewed: NONE });
});

it.each([
  ['the clock of the producer is ahead of that of the log', 900, 910, { append: 1, read: 0 }],
  ['the clock of the log is ahead of that of the consumer', 1_100, 1_050, { append: 0, read: 1 }],
  ['both are', 900, 890, { append: 1, read: 0 }],
])(
  'counts a broadcast whose times are in no order, and hides nothing as 0: %s',
  async (_, timestamp, readAt, skewed) => {
    const { registry, note } = start();
    note(timestamp, readAt);
    expect(await noted(registry)).toEqual({ whole: [0, 0], append: [0, 0], read: [0, 0], send: [4, 1], skewed });
  },
);

it.each([
  ['is no broadcast', { dueAt: null }],
  ['has no time of its own', { timestampType: 'unknown' }],
  ['was due more than a day before it was in the log', { dueAt: 1_001 - 86_400_001 }],
])('knows only the last hop of what %s', async (_, more) => {
  const { registry, note } = start();
  note(1_001, 1_002, more);
  expect(await noted(registry)).toEqual({ whole: [0, 0], append: [0, 0], read: [0, 0], send: [4, 1], skewed: NONE });
});

it('has all of many, asked for or not, and each once', async () => {
  const { registry, note } = start();
  for (let count = 0; count < 1_500; count += 1) note(1_002, 1_005);
  const expected = { whole: [9 * 1_500, 1_500], append: [3_000, 1_500], read: [4_500, 1_500], send: [6_000, 1_500] };
  expect(await noted(registry)).toMatchObject(expected);
  expect(await noted(registry)).toMatchObject(expected);
});
