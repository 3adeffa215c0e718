import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');

const findKubectl = (): string | undefined => {
  try {
    const find =
      'command -v kubectl || echo "$PWD/$(apps/service/node clusters/minikube/scripts/lib/unpack-kubectl.ts)/kubectl/kubectl"';
    const path = execFileSync('sh', ['-c', find], { cwd: root }).toString().trim();
    execFileSync(path, ['version', '--client']);
    return path;
  } catch {
    return undefined;
  }
};

/**
 * A kubectl that can do without a cluster what needs none: this machine's, or the one of the packages; undefined
 * without either.
 */
export const kubectl = findKubectl();
