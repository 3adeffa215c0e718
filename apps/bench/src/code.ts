import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** What nothing that is measured depends on: tests, texts, and what makes the page of it. */
const ELSE = /\.test\.ts$|\.md$|\/figures\//;

/** What decides how fast the services are. */
const SERVICES = ['apps/broadcasts', 'apps/service', 'apps/consumer', 'apps/producer', 'apps/standalone'];

/** Parts of the repository that decide what is measured. */
export const PARTS = {
  bench: [...SERVICES, 'apps/bench'],
  faults: [...SERVICES, 'apps/faults'],
  cluster: [...SERVICES, 'base', 'overlays', 'clusters/minikube', 'bootstrap.sh', 'Dockerfile'],
};

/** Hashes of parts of the code, by which it is known later whether they have changed since they were measured. */
export type Code = Record<string, string>;

/**
 * The hash of each part as it stands now, committed or not. Nothing where git is not there to say which files are code.
 */
export function codeOf(parts: string[], root = ROOT): Code {
  try {
    return Object.fromEntries(parts.map((part) => [part, hashOf(root, filesOf(root, part))]));
  } catch {
    return {};
  }
}

/** The parts that are not now what they were. */
export function changedParts(then: Code, now: Code): string[] {
  return Object.keys(then).filter((part) => now[part] !== undefined && now[part] !== then[part]);
}

function filesOf(root: string, part: string): string[] {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', part];
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  // git lists what was deleted, too, until that is committed.
  return files.split('\0').filter((file) => file !== '' && !ELSE.test(file) && existsSync(join(root, file)));
}

function hashOf(root: string, files: string[]): string {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 12);
}
