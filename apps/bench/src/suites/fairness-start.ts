import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../service/testing/free-port.ts';
import { fillEmbedded } from '../embedded.ts';
import { PATIENCE_MS, untilAnswered, untilReady } from '../ready.ts';
import { say } from '../say.ts';
import { startVariables } from '../script.ts';
import { startService } from '../service-child.ts';
import type { Stretch } from '../stretches.ts';

const LOOK_MS = 5;
/** When it is told to end, as a share of the time that reading took before. */
const MIDST = 0.5;

/** How it came up once. Milliseconds are from the start of the process. */
export interface Started {
  healthMs: number;
  readyMs: number;
  /** After the first answer: until then it loads its modules, which nobody waits for. */
  stretch: Stretch;
}

/** How `npm start` came up on a log with many records, and how it ended. */
export interface BusyStart {
  records: number;
  starts: Started[];
  /** From the signal on. */
  exitMs: number;
  exitCode: number | null;
}

/**
 * Starts what `npm start` does on a log of so many records: some times until it has read them, and once to be ended in
 * the midst of it.
 */
export async function measureBusyStart(records: number, times: number): Promise<BusyStart> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-fairness-'));
  try {
    say(`fairness: a log of ${records.toLocaleString('en')} records`);
    await fillEmbedded(folder, records);
    say('fairness: npm start reads it');
    const starts: Started[] = [];
    while (starts.length < times) starts.push(await start(folder));
    const readyMs = Math.min(...starts.map((each) => each.readyMs));
    return { records, starts, ...(await endAfter(folder, readyMs * MIDST)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function start(folder: string): Promise<Started> {
  const port = await freePort();
  const before = performance.now();
  const service = standalone(folder, port);
  try {
    await untilAnswered(`http://127.0.0.1:${port}/healthz`, { everyMs: LOOK_MS, timeoutMs: PATIENCE_MS });
    const healthMs = performance.now() - before;
    await service.call('watch');
    await untilReady(port, { everyMs: LOOK_MS, timeoutMs: PATIENCE_MS });
    return { healthMs, readyMs: performance.now() - before, stretch: await service.call('stretch') };
  } finally {
    await service.stop();
  }
}

async function endAfter(folder: string, ms: number): Promise<Pick<BusyStart, 'exitMs' | 'exitCode'>> {
  const service = standalone(folder, await freePort());
  await sleep(ms);
  const before = performance.now();
  const exitCode = await service.terminate();
  return { exitMs: performance.now() - before, exitCode };
}

const standalone = (folder: string, port: number): ReturnType<typeof startService> =>
  startService('standalone/src/main.ts', { ...startVariables, DATA_DIR: folder, PORT: String(port) });
