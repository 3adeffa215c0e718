import { execFileSync } from 'node:child_process';
import { cpus, freemem, loadavg, platform, release, totalmem } from 'node:os';

const GIB = 1024 ** 3;

/** What was measured on, so that figures can be compared with others'. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGib: number;
  freeGib: number;
  system: string;
  node: string;
  /** Of the minute before: above 0.5 something else was running. */
  load: number;
  commit: string;
  date: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / GIB),
    freeGib: Math.round(freemem() / GIB),
    system: `${platform()} ${release()}`,
    node: process.version,
    load: loadavg()[0]!,
    commit: commit(),
    date: new Date().toISOString(),
  };
}

/** The same in a line, with the day. */
export function inWords({ cores, cpu, memoryGib, system, node, date }: Machine): string {
  return `${cores} × ${cpu}, ${memoryGib} GiB, ${system}, Node ${node}, ${date.slice(0, 10)}`;
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
