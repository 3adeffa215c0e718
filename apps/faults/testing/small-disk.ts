import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { command } from '../../broadcasts/testing/broker.ts';

/** A disk of some MiB, which can grow. It goes with the test. */
export interface SmallDisk {
  folder: string;
  grow(mebibytes: number): Promise<unknown>;
}

/** Makes a small disk, where this user may mount one. */
export async function mountSmallDisk(mebibytes: number): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'hello-disk-'));
  const mount = (options: string) => command(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  try {
    await mount(`size=${mebibytes}m`);
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  onTestFinished(async () => {
    await command(['umount', folder]);
    await rm(folder, { recursive: true });
  });
  return { folder, grow: (size) => mount(`remount,size=${size}m`) };
}
