import { execFileSync } from 'node:child_process';

/** Descriptors of a process that are no connections. */
export const OTHER_DESCRIPTORS = 200;

/** How many files a process may open here. Node takes as many as it is let. */
export function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { hard: number | 'unlimited' } } };
  const hard = userLimits?.open_files?.hard ?? 'unlimited';
  return hard === 'unlimited' ? Infinity : Number(hard);
}

/** Lets this process, and those that it starts from now on, open so many files, where Linux and its user let it. */
export function raiseOpenFiles(wanted: number): void {
  if (openFilesLimit() >= wanted) return;
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${wanted}:${wanted}`], { stdio: 'ignore' });
  } catch {
    // Then it stays as it is, which `openFilesLimit` tells.
  }
}
