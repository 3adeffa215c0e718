import { createServer } from 'node:http';
import { drawTraceParent, formatTraceParent, TRACE_PARENT } from '@hello/broadcasts';
import { listen } from '@hello/service';
import { answer } from '../answer.ts';
import { Child } from '../child.ts';
import { BROKERS, fillTopic, removeKafka, startKafka } from '../kafka.ts';
import type { LoadCalls } from '../load/load.main.ts';
import { MissingError } from '../missing-error.ts';
import type { IngestCalls } from '../peers/ingest.main.ts';
import type { KafkaJsCalls } from '../peers/kafkajs.main.ts';
import { freePort } from '../../../service/testing/free-port.ts';
import { PATIENCE_MS, SILENCE_MS, untilReady } from '../ready.ts';
import { say } from '../say.ts';
import { startService } from '../service-child.ts';
import {
  BARE,
  CATCH_UP,
  HEADED,
  INGEST_COLUMNS,
  ingestGoals,
  type IngestMeasurement,
  ingestRows,
  LIVE,
  TRACED,
} from './ingest-report.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

interface IngestPlan {
  records: number;
  rounds: number;
}

const FULL: IngestPlan = { records: 1_000_000, rounds: 3 };
const QUICK: IngestPlan = { records: 200_000, rounds: 1 };
const TOPIC = 'bench-ingest';
const TRACED_TOPIC = 'bench-ingest-traced';
const READY_MS = 50;

/** Records from a real Kafka: to a client, into the history, and against a consumer that does nothing with them. */
async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  const plan = quick ? QUICK : FULL;
  try {
    say('ingest: starting Kafka');
    await startKafka();
    say(`ingest: filling a topic with ${plan.records.toLocaleString('en')} records`);
    await fillTopic(TOPIC, plan.records);
    await fillTopic(TRACED_TOPIC, plan.records, recordedTrace);
    const raw = await measureIngest(plan);
    return {
      columns: INGEST_COLUMNS,
      rows: ingestRows(raw, plan.records),
      goals: ingestGoals(raw, plan.records),
      missing: [],
      raw,
    };
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    return { columns: INGEST_COLUMNS, rows: [], goals: [], missing: [error.message], raw: [] };
  } finally {
    await removeKafka();
  }
}

async function measureIngest({ records, rounds }: IngestPlan): Promise<IngestMeasurement[]> {
  const tries: [string, (records: number) => Promise<Omit<IngestMeasurement, 'what' | 'round'>>][] = [
    [BARE, readBare],
    [LIVE, (count) => toOneClient(count, { TOPICS: TOPIC })],
    [HEADED, (count) => toOneClient(count, { TOPICS: TRACED_TOPIC })],
    [TRACED, toOneClientTraced],
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

async function toOneClient(
  records: number,
  env: Record<string, string>,
): Promise<Omit<IngestMeasurement, 'what' | 'round'>> {
  const child = new Child<IngestCalls>('peers/ingest.main.ts', { env });
  const load = new Child<LoadCalls>('load/load.main.ts');
  const port = await child.call('start', env);
  await load.call('connect', { port, dialect: 'ours', clients: 1 });
  await load.call('expect', { first: 1, count: records });
  const before = await child.call('usage');
  const start = performance.now();
  await child.call('open');
  const account = await load.call('finish', SILENCE_MS);
  const seconds = (performance.now() - start) / 1000;
  const { cpuMs, peakRssBytes } = await child.call('usage');
  await Promise.all([child.stop(), load.stop()]);
  return { seconds, cpuMs: cpuMs - before.cpuMs, peakRssBytes, account };
}

/** Where somebody takes traces. */
async function toOneClientTraced(records: number): Promise<Omit<IngestMeasurement, 'what' | 'round'>> {
  const collector = createServer((request, response) => request.resume().on('end', () => response.end()));
  const endpoint = await listen(collector, '127.0.0.1', 0);
  try {
    return await toOneClient(records, { TOPICS: TRACED_TOPIC, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  } finally {
    collector.close();
    collector.closeAllConnections();
  }
}

function recordedTrace(): Record<string, string> {
  return { [TRACE_PARENT]: formatTraceParent({ ...drawTraceParent(), traceFlags: 1 }) };
}

/** The consumer as `npm run consumer` starts it. */
async function catchUp(): Promise<Omit<IngestMeasurement, 'what' | 'round'>> {
  const port = await freePort();
  const start = performance.now();
  const service = startService('consumer/src/main.ts', { KAFKA_BROKERS: BROKERS, TOPICS: TOPIC, PORT: String(port) });
  await untilReady(port, { everyMs: READY_MS, timeoutMs: PATIENCE_MS });
  const seconds = (performance.now() - start) / 1000;
  const { cpuMs, peakRssBytes } = await service.call('usage');
  await service.stop();
  return { seconds, cpuMs, peakRssBytes };
}

answer({ run });
