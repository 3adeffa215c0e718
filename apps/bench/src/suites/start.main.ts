import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answer } from '../answer.ts';
import { fillEmbedded } from '../embedded.ts';
import { BROKERS, fillTopic, removeKafka, startKafka } from '../kafka.ts';
import { MissingError } from '../missing-error.ts';
import { freePort } from '../../../service/testing/free-port.ts';
import { PATIENCE_MS, untilReady } from '../ready.ts';
import { say } from '../say.ts';
import { startVariables } from '../script.ts';
import { startService } from '../service-child.ts';
import { EMPTY_START, START_COLUMNS, startGoals, type StartMeasurement, startRows } from './start-report.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

const RECORDS = 100_000;
const ROUNDS = { full: 5, quick: 2 };
const LOOK_MS = 2;
const NO_BROADCASTS = { WAIT_MIN_SECONDS: '600', WAIT_MAX_SECONDS: '600' };
const FULL_TOPIC = 'bench-start';
const EMPTY_TOPIC = 'bench-start-empty';

type Try = () => Promise<Pick<StartMeasurement, 'ms' | 'cpuMs' | 'rssBytes'>>;

/** The time from the start of a process until it says that it is ready. */
async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
  const missing: string[] = [];
  try {
    say(`start: preparing logs of ${RECORDS.toLocaleString('en')} records`);
    const tries = new Map<string, Try>([
      ['a server of node:http alone', startBare],
      [EMPTY_START, () => startStandalone(mkdtempSync(join(folder, 'empty-')))],
      ['npm start, 100,000 records', () => startStandalone(join(folder, 'full'))],
    ]);
    await fillEmbedded(join(folder, 'full'), RECORDS);
    await addKafka(tries, folder, missing);
    const raw: StartMeasurement[] = [];
    const rounds = quick ? ROUNDS.quick : ROUNDS.full;
    for (let number = 1; number <= rounds; number += 1) {
      say(`start, round ${number} of ${rounds}`);
      for (const [what, attempt] of tries) raw.push({ what, round: number, ...(await attempt()) });
    }
    return { columns: START_COLUMNS, rows: startRows(raw), goals: startGoals(raw), missing, raw };
  } finally {
    rmSync(folder, { recursive: true });
    if (missing.length === 0) await removeKafka();
  }
}

/** Adds the consumer on Kafka, with its page bundled before, as it is in its image. */
async function addKafka(tries: Map<string, Try>, folder: string, missing: string[]): Promise<void> {
  try {
    await startKafka();
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    missing.push(`the consumer on Kafka: ${error.message}`);
    return;
  }
  const page = join(folder, 'page');
  execFileSync(process.execPath, [
    fileURLToPath(new URL('../../../consumer/src/http/page-build.main.ts', import.meta.url)),
    page,
  ]);
  await fillTopic(FULL_TOPIC, RECORDS);
  await fillTopic(EMPTY_TOPIC, 0);
  const onKafka =
    (topic: string): Try =>
    () =>
      measure('consumer/src/main.ts', { KAFKA_BROKERS: BROKERS, TOPICS: topic, PAGE_DIR: page });
  tries.set('consumer on Kafka, empty', onKafka(EMPTY_TOPIC));
  tries.set('consumer on Kafka, 100,000 records', onKafka(FULL_TOPIC));
}

const startStandalone = (folder: string): ReturnType<Try> =>
  measure('standalone/src/main.ts', { ...startVariables, DATA_DIR: folder, ...NO_BROADCASTS });

async function measure(file: string, env: Record<string, string>): ReturnType<Try> {
  const port = await freePort();
  const before = performance.now();
  const service = startService(file, { ...env, PORT: String(port) });
  await untilReady(port, { everyMs: LOOK_MS, timeoutMs: PATIENCE_MS });
  const ms = performance.now() - before;
  const { cpuMs, rssBytes } = await service.call('usage');
  // Gently, since a process may keep something for the next one's start.
  await service.stop('SIGTERM');
  return { ms, cpuMs, rssBytes };
}

/** What Node itself takes. */
async function startBare(): ReturnType<Try> {
  const port = await freePort();
  const code = `require('node:http').createServer((_, response) => response.end()).listen(${port}, '127.0.0.1')`;
  const before = performance.now();
  const server = spawn(process.execPath, ['--eval', code], { stdio: 'ignore' });
  await untilReady(port, { everyMs: LOOK_MS, timeoutMs: PATIENCE_MS });
  const ms = performance.now() - before;
  server.kill('SIGKILL');
  return { ms, cpuMs: undefined, rssBytes: undefined };
}

answer({ run });
