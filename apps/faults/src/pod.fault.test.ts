import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it, type TestContext } from 'vitest';
import { newTopicName } from '../../broadcasts/testing/contract.ts';
import { Crowd } from '../testing/crowd.ts';
import { Kafka } from '../testing/kafka.ts';
import { judgeOffsets, total } from '../testing/ledger.ts';
import { expectWell, Pod } from '../testing/pod.ts';
import { finish } from '../testing/report.ts';
import { fill, type Filling, makeTopic } from '../testing/topic.ts';

const { brokers } = new Kafka(inject('single'));
const quick = inject('quick');
/** Gigabytes take a slow machine minutes to make. */
const LONG_MS = 600_000;
const PAGE_BUILD = fileURLToPath(new URL('../../consumer/src/http/page-build.main.ts', import.meta.url));
const page = mkdtempSync(join(tmpdir(), 'hello-page-'));

// The image has its page made, so the pod's memory is not spent on it.
beforeAll(() => execFileSync(process.execPath, [PAGE_BUILD, page]));
afterAll(() => rmSync(page, { recursive: true }));

interface Trial {
  /** What is in the topic before the consumer starts. */
  before?: Filling;
  /** What happens to the consumer. Answers with the clients that are to have everything at the end. */
  act: (stage: { topic: string; pod: Pod; since: number }) => Promise<Crowd>;
  /** The last offset at the end. */
  lastOffset: number;
  did: string;
}

/** Does something to a consumer with its pod's memory, and expects that it is well after it. */
async function tryInPod(context: TestContext, { before, act, lastOffset, did }: Trial): Promise<void> {
  const topic = newTopicName();
  await makeTopic(brokers, topic);
  const since = before ? await fill(brokers, topic, before) : Date.now();
  const start = performance.now();
  const pod = await Pod.start(context, { brokers, env: { TOPICS: topic, PAGE_DIR: page } });
  await pod.loaded();
  const crowd = await pod.outlive(act({ topic, pod, since }));
  await pod.outlive(crowd.sees({ partition: 0, offset: lastOffset }));
  const recoveredMs = performance.now() - start;
  await expectWell(pod, topic, lastOffset);
  const { watchers } = crowd;
  const gaps = watchers.reduce((sum, watcher) => sum + watcher.gaps, 0);
  const faults = total(watchers.map((watcher) => judgeOffsets(watcher, lastOffset)));
  const { usage } = pod;
  finish(context, { did, recoveredMs, clients: watchers.length, records: lastOffset + 1, gaps, ...faults, usage });
}

/** Clients that begin with the newest messages. */
const visit = (size: number, topic: string, pod: Pod): Crowd => new Crowd({ size, url: () => pod.url, topic });

it('hundreds of records of 1 MB, from the first', (context) => {
  const count = quick ? 300 : 600;
  return tryInPod(context, {
    before: { count, bytes: 1_000_000 },
    act: async ({ topic, pod, since }) =>
      new Crowd({ size: 1, url: () => pod.url, topic, positions: { 0: { next: 1, timestamp: since } } }),
    lastOffset: count - 1,
    did: `Let a client resume from the first of ${count} records of 1 MB, and asked for pages of 500`,
  });
});

it('25 records of 24 MB in one batch', (context) =>
  tryInPod(context, {
    before: { count: 25, bytes: 24_000_000, perBatch: 25, compressed: true },
    act: async ({ topic, pod }) => {
      const first = visit(1, topic, pod);
      await first.sees({ partition: 0, offset: 24 });
      const crowd = visit(7, topic, pod);
      await takeExport(pod, topic);
      return crowd;
    },
    lastOffset: 24,
    did: 'Showed 25 records of 24 MB, gzipped into one batch, to one client and then to 7, and exported them',
  }));

it('60 records of 900 KB, 7 clients', (context) =>
  tryInPod(context, {
    before: { count: 60, bytes: 900_000 },
    act: async ({ topic, pod }) => {
      await visit(1, topic, pod).sees({ partition: 0, offset: 59 });
      return visit(7, topic, pod);
    },
    lastOffset: 59,
    did: 'Showed 60 records of 900 KB to one client, and then to 7',
  }));

it.skipIf(quick)('1 000 000 records of 1 KB', { timeout: LONG_MS }, (context) =>
  tryInPod(context, {
    before: { count: 1_000_000, bytes: 900 },
    act: async ({ topic, pod }) => visit(7, topic, pod),
    lastOffset: 999_999,
    did: 'Let it read 1 000 000 records of 1 KB',
  }),
);

it('1 000 clients, live at 10/s', (context) =>
  tryInPod(context, {
    act: async ({ topic, pod }) => {
      const crowd = visit(1_000, topic, pod);
      await crowd.until('connect', ({ connections }) => connections > 0);
      await fill(brokers, topic, { count: 100, bytes: 11, perBatch: 1, everyMs: 100 });
      return crowd;
    },
    lastOffset: 99,
    did: 'Sent 10 messages a second to 1 000 clients for 10 s',
  }));

it('1 000 clients that do not read', (context) =>
  tryInPod(context, {
    act: async ({ topic, pod }) => {
      const deaf = visit(1_000, topic, pod);
      const reader = visit(1, topic, pod);
      await deaf.until('connect', ({ connections }) => connections > 0);
      await reader.until('connect', ({ connections }) => connections > 0);
      for (const watcher of deaf.watchers) watcher.stopReading();
      await fill(brokers, topic, { count: 200, bytes: 64_000, perBatch: 1, everyMs: 20 });
      return reader;
    },
    lastOffset: 199,
    did: 'Sent 200 messages of 64 KB while 1 000 clients read nothing and one read',
  }));

it('5 topics in one volume', { timeout: LONG_MS }, async (context) => {
  const mebibytes = quick ? 32 : 512;
  const count = quick ? 20_000 : 300_000;
  const topics = Array.from({ length: 5 }, newTopicName);
  for (const topic of topics) {
    await makeTopic(brokers, topic);
    await fill(brokers, topic, { count, bytes: 900 });
  }
  const start = performance.now();
  const env = { TOPICS: topics.join(','), PAGE_DIR: page, HISTORY_MAX_MIB: String(mebibytes) };
  const pod = await Pod.start(context, { brokers, env });
  await pod.loaded(topics.length);
  const recoveredMs = performance.now() - start;
  for (const topic of topics) await expectWell(pod, topic, count - 1);
  const { usage } = pod;
  // By default the bound is half of the volume.
  expect(usage.disk).toBeLessThan(2 * mebibytes);
  const records = topics.length * count;
  const did = `Let it read ${records} records of 1 KB in 5 topics, of which it may keep ${mebibytes} MiB`;
  finish(context, { did, recoveredMs, clients: 0, records, gaps: 0, lost: 0, doubled: 0, disordered: 0, usage });
});

/** Takes all of a topic's history as NDJSON, and throws it away. */
async function takeExport(pod: Pod, topic: string): Promise<void> {
  const response = await fetch(`${pod.url}/api/topics/${topic}/messages?format=ndjson`);
  expect(response.status).toBe(200);
  // Read as it comes: whole it would be larger than what is measured.
  for await (const _ of response.body!);
}
