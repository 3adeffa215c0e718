import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

describe('./bootstrap.sh', () => {
  it('leaves a context of that name alone that is no cluster of minikube', async () => {
    await sandbox.giveAll();
    await sandbox.give(
      'kubectl',
      `case $* in version*) echo 'Client Version: v1.35.1' ;; *get-contexts*) echo hello ;; esac`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain('Your kubeconfig has a context named hello that is no cluster of minikube');
    expect(status).toBe(1);
  });

  it.each(['up', 'down'])('leaves a profile of that name alone that is not its own, with %s', async (command) => {
    await sandbox.giveAll();
    await sandbox.give(
      'minikube',
      `case $1 in version) echo v1.38.1 ;; profile) echo '{"valid":[{"Name":"hello"}]}' ;; *) echo "CALLED $*" >&2; exit 1 ;; esac`,
    );
    await sandbox.give(
      'docker',
      `case "$*" in *NCPU*) echo 4 ;; *MemTotal*) echo 17179869184 ;; inspect*) echo '{"8443/tcp":[]}' ;; esac`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh', command);
    expect(output).toContain('not made by this bootstrap.sh');
    expect(output).not.toContain('CALLED');
    expect(status).toBe(1);
  });
});
