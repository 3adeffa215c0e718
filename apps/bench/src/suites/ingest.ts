import { Child } from '../child.ts';
import { type Goal, round } from '../goal.ts';
import { BROKERS, fillTopic, removeKafka, startKafka } from '../kafka.ts';
import type { LoadCalls } from '../load/load.main.ts';
import type { Account } from '../ledger.ts';
import type { IngestCalls } from '../peers/ingest.main.ts';
import type { KafkaJsCalls } from '../peers/kafkajs.main.ts';
import { MissingError } from '../peers/peer.ts';
import { freePort } from '../peers/program.ts';
import { untilReady } from '../ready.ts';
import { startService } from '../service-child.ts';
import { median } from '../statistics.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

interface IngestPlan {
  records: number;
  rounds: number;
}

const FULL: IngestPlan = { records: 1_000_000, rounds: 3 };
const QUICK: IngestPlan = { records: 200_000, rounds: 1 };
const TOPIC = 'bench-ingest';
const TIMEOUT_MS = 120_000;
const READY_MS = 50;

const BARE = 'bare kafkajs consumer';
const LIVE = 'ours, to one client';
const CATCH_UP = 'ours, start until caught up';

interface IngestMeasurement {
  what: string;
  round: number;
  seconds: number;
  cpuMs: number;
  peakRssBytes: number;
  /** What the client got, where there is one. */
  account?: Account & { lost: number };
}

/** Records from a real Kafka: to a client, into the history, and against a consumer that does nothing with them. */
export async function ingest({ quick, say }: SuiteOptions): Promise<SuiteResult> {
  const plan = quick ? QUICK : FULL;
  try {
    say('ingest: starting Kafka');
    await startKafka();
    say(`ingest: filling a topic with ${plan.records.toLocaleString('en')} records`);
    await fillTopic(TOPIC, plan.records);
    const raw = await measureIngest(plan, say);
    return {
      columns: COLUMNS,
      rows: ingestRows(raw, plan.records),
      goals: ingestGoals(raw, plan.records),
      missing: [],
      raw,
    };
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    return { columns: COLUMNS, rows: [], goals: [], missing: [error.message], raw: [] };
  } finally {
    await removeKafka();
  }
}

async function measureIngest(
  { records, rounds }: IngestPlan,
  say: (line: string) => void,
): Promise<IngestMeasurement[]> {
  const tries: [string, (records: number) => Promise<Omit<IngestMeasurement, 'what' | 'round'>>][] = [
    [BARE, readBare],
    [LIVE, toOneClient],
    [CATCH_UP, catchUp],
  ];
  const measured: IngestMeasurement[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    for (const [what, measure] of tries) {
      say(`ingest, round ${number} of ${rounds}: ${what}`);
      measured.push({ what, round: number, ...(await measure(records)) });
    }
  }
  return measured;
}

async function readBare(records: number): Promise<Omit<IngestMeasurement, 'what' | 'round'>> {
  const child = new Child<KafkaJsCalls>('peers/kafkajs.main.ts');
  const before = await child.call('usage');
  const start = performance.now();
  await child.call('read', { topic: TOPIC, records });
  const seconds = (performance.now() - start) / 1000;
  const { cpuMs, peakRssBytes } = await child.call('usage');
  await child.stop();
  return { seconds, cpuMs: cpuMs - before.cpuMs, peakRssBytes };
}

async function toOneClient(records: number): Promise<Omit<IngestMeasurement, 'what' | 'round'>> {
  const child = new Child<IngestCalls>('peers/ingest.main.ts');
  const load = new Child<LoadCalls>('load/load.main.ts');
  const port = await child.call('start', TOPIC);
  await load.call('connect', { port, dialect: 'ours', clients: 1 });
  await load.call('expect', { first: 1, count: records });
  const before = await child.call('usage');
  const start = performance.now();
  await child.call('open');
  const account = await load.call('finish', TIMEOUT_MS);
  const seconds = (performance.now() - start) / 1000;
  const { cpuMs, peakRssBytes } = await child.call('usage');
  await Promise.all([child.stop(), load.stop()]);
  return { seconds, cpuMs: cpuMs - before.cpuMs, peakRssBytes, account };
}

/** The consumer as `npm run consumer` starts it. */
async function catchUp(): Promise<Omit<IngestMeasurement, 'what' | 'round'>> {
  const port = await freePort();
  const start = performance.now();
  const service = startService('consumer/src/main.ts', { KAFKA_BROKERS: BROKERS, TOPICS: TOPIC, PORT: String(port) });
  await untilReady(port, { everyMs: READY_MS, timeoutMs: TIMEOUT_MS });
  const seconds = (performance.now() - start) / 1000;
  const { cpuMs, peakRssBytes } = await service.call('usage');
  await service.stop();
  return { seconds, cpuMs, peakRssBytes };
}

const COLUMNS = ['what', 'records/s', 'lowest–highest', 'seconds', 'records per CPU s', 'peak RSS', 'delivered'];

function ingestRows(raw: IngestMeasurement[], records: number): string[][] {
  return [BARE, LIVE, CATCH_UP].map((what) => {
    const rounds = raw.filter((each) => each.what === what);
    const speeds = rounds.map(({ seconds }) => records / seconds);
    const accounts = rounds.flatMap(({ account }) => account ?? []);
    const delivered = accounts.reduce((sum, account) => sum + account.delivered, 0) / (records * accounts.length);
    return [
      what,
      round(median(speeds)),
      `${round(Math.min(...speeds))}–${round(Math.max(...speeds))}`,
      round(median(rounds.map(({ seconds }) => seconds))),
      round(median(rounds.map(({ cpuMs }) => records / cpuMs)) * 1000),
      `${round(median(rounds.map(({ peakRssBytes }) => peakRssBytes / 1e6)))} MB`,
      accounts.length > 0 ? `${Math.floor(delivered * 1000) / 10} %` : '',
    ];
  });
}

function ingestGoals(raw: IngestMeasurement[], records: number): Goal[] {
  const of = (what: string, figure: (each: IngestMeasurement) => number): number =>
    median(raw.filter((each) => each.what === what).map(figure));
  const speed = (what: string): number => of(what, ({ seconds }) => records / seconds);
  const flaws = raw.reduce(
    (sum, { account }) => sum + (account ? account.missing + account.doubled + account.outOfOrder : 0),
    0,
  );
  const inTime = (25 * records) / 1_000_000;
  const count = records.toLocaleString('en');
  return [
    {
      what: `${LIVE}: of the bare consumer's records/s`,
      bound: 'at least',
      wanted: 0.6,
      measured: speed(LIVE) / speed(BARE),
      unit: '×',
    },
    { what: `${LIVE}: records/s`, bound: 'at least', wanted: 50_000, measured: speed(LIVE), unit: '/s' },
    { what: `${LIVE}: not delivered once and in order`, bound: 'at most', wanted: 0, measured: flaws, unit: '' },
    {
      what: `${count} records caught up`,
      bound: 'at most',
      wanted: inTime,
      measured: of(CATCH_UP, ({ seconds }) => seconds),
      unit: 's',
    },
    {
      what: 'peak RSS meanwhile',
      bound: 'at most',
      wanted: 250,
      measured: of(CATCH_UP, (each) => each.peakRssBytes / 1e6),
      unit: 'MB',
    },
  ];
}
