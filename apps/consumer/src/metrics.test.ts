import { encodeBroadcast, type Log } from '@hello/broadcasts';
import { expect, it, vi } from 'vitest';
import { Client } from '../testing/client.ts';
import { append, gated, openLog, startConsumer } from '../testing/consumer.ts';

const TOPIC = 'hello-world';

/** Gives the sample of a service's metrics, by its name and labels; NaN where it has none. */
async function samplesOf(url: string): Promise<(sample: string) => number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const samples = new Map(text.matchAll(/^([a-z].*) (\S+)$/gm).map(([, sample, value]) => [sample!, Number(value)]));
  return (sample) => samples.get(sample) ?? Number.NaN;
}

/** Appends a broadcast that was due before now by some milliseconds. */
function appendDue(log: Log, agoMs: number): Promise<unknown> {
  const dueAt = Date.now() - agoMs;
  const broadcast = { text: 'Hello world', environment: 'test', sequence: 1, sentAt: dueAt, nextInMs: 1000.5, dueAt };
  return log.topic(TOPIC).append({ key: 'test', value: encodeBroadcast(broadcast) });
}

it('tells how long broadcasts were on their way and in each hop, of those alone that came live', async () => {
  const log = await openLog(TOPIC);
  await appendDue(log, 60_000);
  const { url } = await startConsumer(log);
  const client = new Client(url);
  await client.until(({ messages }) => messages.length === 1);
  // One at a time, so that each is the first of a batch.
  for (let count = 1; count <= 3; count += 1) {
    await appendDue(log, 5_000);
    await client.until(({ messages }) => messages.length === 1 + count);
  }
  const sample = await samplesOf(url);
  const hops = ['append', 'read', 'send'].map((hop) => sample(`live_hop_latency_seconds_sum{hop="${hop}"}`));
  expect(sample('live_latency_seconds_count')).toBe(3);
  expect(sample('live_latency_seconds_sum')).toBeCloseTo(
    hops.reduce((a, b) => a + b),
    6,
  );
  expect(hops[0]).toBeGreaterThanOrEqual(15);
  expect(hops[0]).toBeLessThan(20);
  for (const hop of ['append', 'read', 'send']) expect(sample(`live_hop_latency_seconds_count{hop="${hop}"}`)).toBe(3);
});

it('counts a broadcast from a clock that is ahead, and has none of its times', async () => {
  const log = await openLog(TOPIC);
  const { url } = await startConsumer(log);
  const client = new Client(url);
  await client.until(({ catchUps }) => catchUps.length === 1);
  await appendDue(log, -3_000);
  await client.until(({ messages }) => messages.length === 1);
  const sample = await samplesOf(url);
  expect(sample('live_skewed_total{hop="append"}')).toBe(1);
  expect(sample('live_skewed_total{hop="read"}')).toBe(0);
  expect(sample('live_latency_seconds_count')).toBe(0);
  expect(sample('live_hop_latency_seconds_count{hop="append"}')).toBe(0);
  expect(sample('live_hop_latency_seconds_count{hop="send"}')).toBe(1);
});

it('tells how far a reader is behind that gets nothing, until it has it', async () => {
  const log = await openLog(TOPIC);
  const held = gated(log);
  const { url } = await startConsumer(held.log, { WATCHDOG_SECONDS: '1' });
  const lag = async () => (await samplesOf(url))(`reader_lag_offsets{topic="${TOPIC}",partition="0"}`);
  expect(await lag()).toBe(0);
  await append(log, TOPIC, 1, 5);
  await vi.waitUntil(async () => (await lag()) === 5);
  await append(log, TOPIC, 6, 7);
  await vi.waitUntil(async () => (await lag()) === 7);
  held.open();
  await vi.waitUntil(async () => (await lag()) === 0);
});

it('forgets the lag of a topic that is gone', async () => {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 5);
  const { url } = await startConsumer(log, { WATCHDOG_SECONDS: '1' });
  const lag = async () => (await samplesOf(url))(`reader_lag_offsets{topic="${TOPIC}",partition="0"}`);
  await vi.waitUntil(async () => (await lag()) === 0);
  log.deleteTopic(TOPIC);
  await vi.waitUntil(async () => Number.isNaN(await lag()));
});

it('tells of clients, of what they were sent, of what was read and of what was evicted', async () => {
  const log = await openLog(TOPIC);
  const { url } = await startConsumer(log, { HISTORY_MAX_ROWS: '1000' });
  const clients = [new Client(url), new Client(url)];
  await Promise.all(clients.map((client) => client.until(({ catchUps }) => catchUps.length === 1)));
  const before = await samplesOf(url);
  expect(before('live_clients')).toBe(2);
  await append(log, TOPIC, 1, 1_003);
  await Promise.all(clients.map((client) => client.until(({ messages }) => messages.length === 1_003)));
  await vi.waitUntil(async () => (await samplesOf(url))('history_messages{topic="hello-world"}') === 1_000);
  const after = await samplesOf(url);
  const read = after(`records_bytes_total{topic="${TOPIC}"}`);
  expect(read).toBeGreaterThan(1_003 * 'Hello world'.length);
  // Each client gets all that is read, and more to say where it stands.
  expect(after('live_sent_bytes_total') - before('live_sent_bytes_total')).toBeGreaterThan(2 * read);
  expect(['age', 'bytes', 'count'].map((reason) => after(`history_evicted_total{reason="${reason}"}`))).toEqual([
    0, 0, 3,
  ]);
});
