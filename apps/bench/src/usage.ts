import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a process took from the machine so far. */
export interface Usage {
  cpuMs: number;
  rssBytes: number;
  /** The most that it ever had. */
  peakRssBytes: number;
}

let ticksPerSecond: number | undefined;

/** The usage of this process. */
export function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** The usage of another process, to 10 ms, as Linux tells it. */
export function usageOf(pid: number): Usage {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return parseUsage(
    readFileSync(`/proc/${pid}/stat`, 'utf8'),
    readFileSync(`/proc/${pid}/status`, 'utf8'),
    ticksPerSecond,
  );
}

/** Reads /proc's `stat` and `status`. */
export function parseUsage(stat: string, status: string, ticks: number): Usage {
  // The name of the program, in brackets, may have blanks in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return {
    cpuMs: ((user + system) * 1000) / ticks,
    rssBytes: kiB(status, 'VmRSS') * 1024,
    peakRssBytes: kiB(status, 'VmHWM') * 1024,
  };
}

function kiB(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
}
