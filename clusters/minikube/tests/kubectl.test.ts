import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
const installed = async () => (await readdir(join(sandbox.folder, '.bin')).catch((): string[] => [])).sort();
const asked = async () =>
  (await readFile(join(sandbox.folder, '../asked'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
const PROGRAM = `#!/bin/bash\\necho 'Client Version: v1.35.1'\\n`;
/** A network with kubectl and its checksum, but for what fails. */
const network = (program = 'true', checksum = 'true') =>
  sandbox.give(
    'curl',
    `for last; do :; done
    echo "$last" >>~/asked
    case $last in
      *.sha256) printf "${PROGRAM}" | sha256sum; ${checksum} ;;
      *) while [ "$1" != -o ]; do shift; done; printf "${PROGRAM}" >"$2"; ${program} ;;
    esac`,
  );
const install = () => sandbox.shell('install_tools; echo "all is there"');

beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
  // As where no public record has its checksum: then it is compared with what its makers publish beside it.
  const pinned = 'clusters/minikube/scripts/lib/checksums';
  await sandbox.shell(`grep -v '^kubectl ' ${pinned} >../sums; cat ../sums >${pinned}`);
});
beforeEach(async () => {
  await sandbox.give('uname');
  await sandbox.shell('rm -rf .bin ../asked; rm "$(command -v kubectl)" || true');
});
afterAll(() => sandbox.remove());

describe('kubectl, where it is missing', () => {
  it('is in .bin afterwards, for this machine, as its makers published it', async () => {
    await sandbox.give('uname', 'case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac');
    await network();
    const { status, output } = await install();
    expect(output).toContain('all is there');
    expect(status).toBe(0);
    expect(await installed()).toEqual(['kubectl']);
    const url = 'https://dl.k8s.io/release/v1.35.1/bin/darwin/arm64/kubectl';
    expect((await asked()).at(-1)).toBe(url);
  });

  it.each([
    ['it cannot be fetched', 'exit 22', 'true', 'cannot download https://dl.k8s.io/release/v1.35.1/bin/'],
    ['its checksum cannot be fetched', 'true', 'exit 22', 'cannot download https://dl.k8s.io/release/v1.35.1/bin/'],
    ['it is another', 'echo >>"$2"', 'true', 'is not what its makers published'],
  ])('ends it where %s, and nothing is installed', async (_, program, checksum, message) => {
    await network(program, checksum);
    const { status, output } = await install();
    expect(output).toContain(message);
    expect(output).not.toContain('all is there');
    expect(status).toBe(1);
    expect(await installed()).not.toContain('kubectl');
  });
});

describe('a kubectl that is there', () => {
  it.each([
    ['v1.33.9', true],
    ['v1.34.0', false],
    ['v1.36.2', false],
    ['v1.37.0', true],
    ['v1.3.4', true],
    ['', true],
  ])('of version %j is replaced where it does not fit the cluster: %s', async (version, replaced) => {
    await sandbox.give('kubectl', `echo 'Client Version: ${version}'`);
    await network();
    expect((await install()).status).toBe(0);
    expect(await installed()).toEqual(replaced ? ['kubectl'] : []);
  });
});
