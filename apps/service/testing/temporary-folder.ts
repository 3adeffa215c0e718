import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const MIN_BYTES = 2 * 1024 ** 3;

/** Makes a folder in another one. @returns it, if there is room for what the tests make, and scripts in it may run. */
async function within(parent: string): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize < MIN_BYTES) return undefined;
  const folder = await mkdtemp(join(parent, 'hello-tests-'));
  const script = join(folder, 'script');
  await writeFile(script, '#!/bin/sh\n', { mode: 0o755 });
  if (spawnSync(script).status === 0) return folder;
  await rm(folder, { recursive: true });
  return undefined;
}

/**
 * One folder for all that a run of tests makes for a while, which goes when it ends. Tests make and remove thousands of
 * small files: on a busy disk that takes three times as long as what else they do. So it is in memory where there is
 * enough, as on most Linux machines.
 */
export async function setup(): Promise<() => Promise<void>> {
  const inMemory = await within(MEMORY).catch(() => undefined);
  const folder = inMemory ?? (await mkdtemp(join(tmpdir(), 'hello-tests-')));
  // The processes of the tests are started with it.
  process.env['TMPDIR'] = folder;
  return () => rm(folder, { recursive: true, maxRetries: 3 });
}
