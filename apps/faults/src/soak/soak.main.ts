/**
 * Steady load for some minutes: `npm run soak -- --minutes 10`. On Kafka if KAFKA_BROKERS says where it is, otherwise
 * on the embedded log. Fails when memory, handles, files or the processor's time grow, or when a client loses, doubles
 * or disorders anything.
 */
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare, total } from '../../testing/ledger.ts';
import { Watcher } from '../../testing/watcher.ts';
import { findGrowth, type Sample, summarize } from './growth.ts';
import { Subject } from './subject.ts';

const CLIENTS = 100;
const SAMPLE_MS = 2_000;
/** Parts of the time; the first two are for warming up, and the third is compared with the last. */
const PARTS = 8;
const WARMING = 2;
const TOPIC = `soak-${process.pid}`;
/**
 * Twenty broadcasts a second, and a history that is full after a minute at most, so that it is as large as it will be.
 */
const LOAD = { WAIT_MIN_SECONDS: '0.03', WAIT_MAX_SECONDS: '0.07', TOPIC, TOPICS: TOPIC, HISTORY_MAX_ROWS: '500' };

const { minutes } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } }).values;
if (!(Number(minutes) >= 0.5)) {
  console.error(`--minutes ${minutes}: expected a number from 0.5`);
  process.exit(2);
}

const { KAFKA_BROKERS: brokers } = process.env;
const subjects = brokers
  ? [
      await Subject.start('consumer', { ...LOAD, KAFKA_BROKERS: brokers }),
      await Subject.start('producer', { ...LOAD, KAFKA_BROKERS: brokers }),
    ]
  : [await Subject.start('standalone', LOAD)];
console.log(
  `${minutes} minutes on ${brokers ? `Kafka at ${brokers}` : 'the embedded log'}: 20 broadcasts/s to ${CLIENTS} clients, one of which reconnects each second`,
);

const watchers = Array.from({ length: CLIENTS }, () => new Watcher({ url: () => subjects[0]!.url, topic: TOPIC }));
const dropping = setInterval(() => watchers[Math.floor(Math.random() * CLIENTS)]!.drop(), 1_000);
const samples = new Map<Subject, Sample[][]>(subjects.map((subject) => [subject, []]));
await sleep(SAMPLE_MS);
for (const subject of subjects) await subject.sample();

for (let part = 0; part < PARTS; part += 1) {
  const end = performance.now() + (Number(minutes) * 60_000) / PARTS;
  for (const parts of samples.values()) parts.push([]);
  while (performance.now() < end) {
    await sleep(SAMPLE_MS);
    for (const [subject, parts] of samples) parts.at(-1)!.push(await subject.sample());
  }
}
clearInterval(dropping);

const problems: string[] = [];
for (const [{ name }, parts] of samples) {
  const rows = parts.map(summarize);
  console.log(`\n${name}${WARMING > 0 ? `; the first ${WARMING} rows are for warming up` : ''}`);
  console.table(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, +value.toFixed(1)]))),
  );
  problems.push(...findGrowth(rows[WARMING]!, rows.at(-1)!).map((growth) => `${name}: ${growth}`));
}

for (const watcher of watchers) watcher.leave();
const shown = watchers.reduce(
  (sum, { stretches }) => sum + stretches.reduce((count, each) => count + each.shown.length, 0),
  0,
);
const faults = total(
  watchers.flatMap(({ stretches }) =>
    stretches.map((stretch) => {
      const offsets = stretch.shown.map(({ offset }) => offset);
      const first = offsets[0] ?? 0;
      return compare(
        Array.from({ length: (offsets.at(-1) ?? -1) - first + 1 }, (_, index) => first + index),
        offsets,
      );
    }),
  ),
);
const gaps = watchers.reduce((sum, watcher) => sum + watcher.gaps, 0);
console.log(
  `\n${CLIENTS} clients showed ${shown} messages: lost ${faults.lost}, double ${faults.doubled}, out of order ${faults.disordered}, gaps ${gaps}`,
);
if (faults.lost + faults.doubled + faults.disordered + gaps > 0)
  problems.push('not every client showed everything once and in order');
for (const subject of subjects) await subject.stop();
for (const problem of problems) console.error(problem);
console.log(problems.length > 0 ? 'FAILED' : 'flat');
process.exitCode = problems.length > 0 ? 1 : 0;
