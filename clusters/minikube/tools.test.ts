import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

const files = (folder: string) => readdir(join(sandbox.folder, folder)).catch(() => []);

describe('the programs that it installs', () => {
  const download = (checksum: string) => `
    for last; do :; done
    case $last in
      *.sha256) ${checksum} ;;
      *) while [ "$1" != -o ]; do shift; done; printf '#!/usr/bin/env bash\\necho v1.38.1\\n' >"$2" ;;
    esac`;
  const right = `printf '#!/usr/bin/env bash\\necho v1.38.1\\n' | sha256sum`;

  beforeEach(async () => {
    await sandbox.giveAll();
    await sandbox.shell('rm "$(command -v minikube)"');
  });

  it('are in .bin when they are what their makers published', async () => {
    await sandbox.give('curl', download(right));
    const { output } = await sandbox.shell('install_tools; minikube version; command -v minikube');
    expect(output).toContain('minikube v1.38.1, into .bin/');
    expect(output).toContain(join(sandbox.folder, '.bin/minikube'));
    expect(await files('.bin')).toEqual(['minikube']);
  });

  it('are refused when the checksum is another', async () => {
    await sandbox.give('curl', download('echo 0123abcd'));
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain('is not what its makers published');
    expect(output).toContain('not 0123abcd');
    expect(await files('.bin')).toEqual([]);
    expect(status).toBe(1);
  });

  it('are refused when there is no checksum to compare with', async () => {
    await sandbox.give('curl', download('exit 22'));
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain(
      'cannot download https://github.com/kubernetes/minikube/releases/download/v1.38.1/minikube-linux-',
    );
    expect(await files('.bin')).toEqual([]);
    expect(status).toBe(1);
  });

  it('take the place of one that is too old', async () => {
    await sandbox.give('minikube', 'echo v1.20.0');
    await sandbox.give('curl', download(right));
    expect((await sandbox.shell('install_tools; minikube version')).output).toContain('v1.38.1');
  });

  it('are not needed where fitting ones are there', async () => {
    await sandbox.give('minikube', 'echo v1.39.0');
    await sandbox.give('curl', 'exit 1');
    expect(await sandbox.shell('install_tools')).toEqual({ status: 0, output: '' });
  });
});
