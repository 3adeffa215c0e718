import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from './sandbox.ts';

/**
 * Has every program of a sandbox write down what it is called with: any user of a machine can read the arguments of all
 * its processes. @returns what reads them, one call a line
 */
export const watchArguments = async (sandbox: Sandbox): Promise<() => Promise<string>> => {
  const home = join(sandbox.folder, '..');
  await mkdir(join(home, 'behind'));
  for (const name of await readdir(join(home, 'bin'))) {
    await rename(join(home, 'bin', name), join(home, 'behind', name));
    const program = `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>'${home}/arguments'\nexec '${home}/behind/${name}' "$@"\n`;
    await writeFile(join(home, 'bin', name), program, { mode: 0o755 });
  }
  return () => readFile(join(home, 'arguments'), 'utf8');
};
