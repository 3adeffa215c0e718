import { readdirSync, readFileSync } from 'node:fs';

/** What a process took from the machine so far. */
export interface Usage {
  cpuMs: number;
  rssBytes: number;
  /** The most that it ever had. */
  peakRssBytes: number;
}

/** The usage of this process. */
export function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** The usage of another process, as Linux tells it. Threads that have ended are not in it; those of a server do not. */
export function usageOf(pid: number): Usage {
  const folder = `/proc/${pid}/task`;
  const threads = readdirSync(folder).map((thread) => readFileSync(`${folder}/${thread}/schedstat`, 'utf8'));
  return parseUsage(threads, readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** Reads /proc's `schedstat` of each thread, which begins with the nanoseconds that it ran, and `status`. */
export function parseUsage(threads: string[], status: string): Usage {
  const cpuNs = threads.reduce((sum, schedstat) => sum + Number(schedstat.split(' ')[0]), 0);
  return {
    cpuMs: cpuNs / 1e6,
    rssBytes: kiB(status, 'VmRSS') * 1024,
    peakRssBytes: kiB(status, 'VmHWM') * 1024,
  };
}

function kiB(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
}
