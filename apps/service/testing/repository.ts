import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The folder of the whole repository. */
export const ROOT = join(import.meta.dirname, '../../..');

/** Its files that git has, or would take, by folders or patterns; relative to it. */
export function filesOf(...patterns: string[]): string[] {
  const options = ['ls-files', '-co', '--exclude-standard', ...patterns];
  return execFileSync('git', options, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
}
