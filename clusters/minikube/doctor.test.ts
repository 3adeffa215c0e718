import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

describe('./bootstrap.sh doctor', () => {
  it('lists all that is missing, and how to get it', async () => {
    const { status, output } = await sandbox.run('bootstrap.sh', 'doctor');
    for (const name of ['git', 'curl', 'openssl', 'docker'])
      expect(output).toContain(`${name} is missing: sudo apt-get install`);
    expect(status).toBe(1);
  });

  it('knows Fedora', async () => {
    await sandbox.shell('rm "$(command -v apt-get)"');
    await sandbox.give('dnf', 'exit 0');
    expect((await sandbox.run('bootstrap.sh', 'doctor')).output).toContain('git is missing: sudo dnf install git');
  });

  it('knows macOS', async () => {
    await sandbox.give('uname', 'case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac');
    expect((await sandbox.run('bootstrap.sh', 'doctor')).output).toContain('git is missing: xcode-select --install');
  });
});
