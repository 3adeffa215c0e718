import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

const files = async (folder: string) => (await readdir(join(sandbox.folder, folder)).catch((): string[] => [])).sort();
const asked = async () =>
  (await readFile(join(sandbox.folder, '../asked'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
const PINNED = 'clusters/minikube/scripts/lib/checksums';
const PLATFORMS = ['linux-amd64', 'linux-arm64', 'darwin-amd64', 'darwin-arm64'];

/** What is downloaded in the place of each program. */
const program = (name: string) =>
  `#!/usr/bin/env bash\n${name === 'minikube' ? 'echo v1.38.1' : "echo 'Client Version: v1.35.1'"}\n`;
const sum = (text: string) => createHash('sha256').update(text).digest('hex');

/** A curl that writes down what it is asked for, and has these programs and, beside each, that checksum. */
const giveCurl = async (beside = (name: string) => `echo "${sum(program(name))}  ${name}"`) => {
  for (const name of ['minikube', 'kubectl']) await writeFile(join(sandbox.folder, '..', name), program(name));
  await sandbox.give(
    'curl',
    `for last; do :; done
    echo "$last" >>~/asked
    case $last in
      *minikube*.sha256) ${beside('minikube')} ;;
      *kubectl.sha256) ${beside('kubectl')} ;;
      *minikube*) file=minikube ;;
      *) file=kubectl ;;
    esac
    case $last in *.sha256) exit ;; esac
    while [ "$1" != -o ]; do shift; done
    [ ! -f ~/broken ] || exit 22
    cp ~/"$file" "$2"`,
  );
};
const pin = async (...names: string[]) => {
  const versions = { minikube: 'v1.38.1', kubectl: 'v1.35.1' } as Record<string, string>;
  const lines = names.flatMap((name) =>
    PLATFORMS.map((platform) => `${name} ${versions[name]} ${platform} ${sum(program(name))}\n`),
  );
  await writeFile(join(sandbox.folder, PINNED), lines.join(''));
};

describe('the programs that are installed', () => {
  beforeEach(() => giveCurl());

  it('are in .bin, and are these from then on', async () => {
    await pin('minikube', 'kubectl');
    const { status, output } = await sandbox.shell(
      'install_tools; minikube version; command -v minikube; kubectl version; command -v kubectl',
    );
    expect(output).toContain('minikube v1.38.1, into .bin/');
    expect(output).toContain('kubectl v1.35.1, into .bin/');
    for (const name of ['minikube', 'kubectl']) expect(output).toContain(`\n${join(sandbox.folder, '.bin', name)}\n`);
    expect(await files('.bin')).toEqual(['kubectl', 'minikube']);
    expect(status).toBe(0);
    expect((await sandbox.shell('install_tools')).output).toBe('');
  });

  it('are compared with this repository, and nothing is asked of where they come from', async () => {
    await pin('minikube', 'kubectl');
    await giveCurl(() => 'echo 0123abcd');
    expect((await sandbox.shell('install_tools')).status).toBe(0);
    expect(await asked()).toEqual([
      expect.stringMatching(
        /^https:\/\/github\.com\/kubernetes\/minikube\/releases\/download\/v1\.38\.1\/minikube-\w+-\w+$/,
      ),
      expect.stringMatching(/^https:\/\/dl\.k8s\.io\/release\/v1\.35\.1\/bin\/\w+\/\w+\/kubectl$/),
    ]);
  });

  it.each([
    ['minikube', 0],
    ['kubectl', 1],
  ])('are refused when %s is another than this repository says', async (name, before) => {
    await pin('minikube', 'kubectl');
    await writeFile(join(sandbox.folder, '..', name), 'echo evil\n');
    const { status, output } = await sandbox.shell('install_tools; echo installed');
    expect(output).toMatch(new RegExp(`${name} v1\\.3\\d\\.1 from https://.* is not what its makers published:`));
    expect(output).toContain(`its SHA-256 is ${sum('echo evil\n')}, not ${sum(program(name))}. Nothing was installed.`);
    expect(output).not.toMatch(/^installed$/m);
    expect(await files('.bin')).toHaveLength(before);
    expect(status).toBe(1);
  });

  it('are compared with what stands beside them where this repository has no checksum', async () => {
    await pin('minikube');
    expect((await sandbox.shell('install_tools')).status).toBe(0);
    expect((await asked()).map((url) => url.split('/').at(-1))).toEqual([
      expect.stringMatching(/^minikube-/),
      'kubectl.sha256',
      'kubectl',
    ]);
    expect(await files('.bin')).toEqual(['kubectl', 'minikube']);
  });

  it.each([
    ['is another', `echo ${'0'.repeat(64)}`, `not ${'0'.repeat(64)}`],
    ['cannot be had', 'exit 22', 'cannot download https://dl.k8s.io/release/v1.35.1/bin/'],
    ['is no checksum', 'echo "<html>Sign in</html>"', '/kubectl.sha256'],
    ['is empty', 'true', '/kubectl.sha256'],
  ])('are refused when what stands beside them %s', async (_, beside, message) => {
    await pin('minikube');
    await giveCurl(() => beside);
    const { status, output } = await sandbox.shell('install_tools; echo installed');
    expect(output).toContain(message);
    expect(output).not.toMatch(/^installed$/m);
    expect(output).not.toContain('No such file');
    expect(await files('.bin')).toEqual(['minikube']);
    expect(status).toBe(1);
  });

  it('are not downloaded where nothing could be compared', async () => {
    await pin('minikube');
    await giveCurl(() => 'exit 22');
    await sandbox.shell('install_tools');
    expect((await asked()).at(-1)).toMatch(/kubectl\.sha256$/);
  });

  it('are not there when the download breaks off', async () => {
    await pin('minikube', 'kubectl');
    await writeFile(join(sandbox.folder, '../broken'), '');
    const { status, output } = await sandbox.shell('install_tools; echo installed');
    expect(output).toContain(
      'cannot download https://github.com/kubernetes/minikube/releases/download/v1.38.1/minikube-',
    );
    expect(output).toContain('The whole story: ');
    expect(output).not.toMatch(/^installed$/m);
    expect(await files('.bin')).toEqual([]);
    expect(status).toBe(1);
  });

  it.each([
    ['mkdir', 0],
    ['awk', 0],
    ['sha256sum', 1],
    ['chmod', 1],
    ['mv', 1],
  ])('are not there when %s fails, and nothing else is tried', async (name, downloads) => {
    await pin('minikube', 'kubectl');
    await sandbox.give(
      name,
      `case "$*" in *.bin* | '' | *wanted=*) echo '${name} failed' >&2; exit 1 ;; *) exec /usr/bin/${name} "$@" ;; esac`,
    );
    const { status, output } = await sandbox.shell('install_tools; echo installed');
    expect(output).toContain(`│ ${name} failed\n`);
    expect(output).not.toMatch(/^installed$|is not what its makers published|No such file/m);
    expect(await asked()).toHaveLength(downloads);
    expect(await files('.bin')).not.toContain('minikube');
    expect(status).toBe(1);
  });

  it('need curl', async () => {
    await pin('minikube', 'kubectl');
    const { status, output } = await sandbox.shell('rm "$(command -v curl)"; hash -r; install_tools');
    expect(output).toContain('curl is missing: sudo apt-get install curl');
    expect(status).toBe(1);
  });

  it.each([
    ['minikube', 'echo v1.20.0'],
    ['minikube', 'echo v1.38.0'],
    ['minikube', 'echo nonsense'],
    ['minikube', 'exit 1'],
    ['kubectl', "echo 'Client Version: v1.33.9'"],
    ['kubectl', "echo 'Client Version: v1.37.0'"],
    ['kubectl', 'exit 1'],
  ])('take the place of a %s with: %s', async (name, body) => {
    await pin('minikube', 'kubectl');
    await sandbox.giveAll();
    await sandbox.give(name, body);
    const { output } = await sandbox.shell(`install_tools; command -v ${name}`);
    expect(output).toContain(`${name} v1.3`);
    expect(await files('.bin')).toEqual([name]);
  });

  it.each([
    ['minikube', 'echo v1.38.1'],
    ['minikube', 'echo v1.39.0'],
    ['minikube', 'echo v2.0.0-beta.1'],
    ['kubectl', "echo 'Client Version: v1.34.0'"],
    ['kubectl', "echo 'Client Version: v1.36.2'"],
  ])('are not needed where there is a %s with: %s', async (name, body) => {
    await sandbox.giveAll();
    await sandbox.give(name, body);
    expect(await sandbox.shell('install_tools')).toEqual({ status: 0, output: '' });
    expect(await asked()).toEqual([]);
  });
});

describe('the checksums in this repository', () => {
  it('are there for every platform of the versions that are installed', async () => {
    const { output } = await sandbox.shell(
      `for platform in ${PLATFORMS.join(' ')}; do pinned minikube "$MINIKUBE" "$platform"; pinned kubectl "$KUBERNETES" "$platform"; done`,
    );
    const sums = output.trim().split('\n');
    expect(sums).toHaveLength(8);
    for (const each of sums) expect(each).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(sums).size).toBe(8);
  });

  it('are of no other version or platform', async () => {
    const line =
      'pinned minikube v1.38.2 linux-amd64; pinned minikube v1.38.1 linux; pinned kube v1.35.1 linux-amd64; pinned kubectl v1x35.1 linux-amd64';
    expect(await sandbox.shell(line)).toEqual({ status: 0, output: '' });
  });

  it('are counted by what the machine has', async () => {
    const line = 'printf "Hello world" | sha256';
    expect((await sandbox.shell(line)).output).toBe(`${sum('Hello world')}\n`);
    await sandbox.give('shasum', '[ "$*" = "-a 256" ] && exec /usr/bin/sha256sum');
    expect((await sandbox.shell(`rm "$(command -v sha256sum)"; hash -r; ${line}`)).output).toBe(
      `${sum('Hello world')}\n`,
    );
  });
});

describe('the platform', () => {
  const machine = (system: string, kind: string) =>
    sandbox.give('uname', `case $1 in -s) echo ${system} ;; *) echo ${kind} ;; esac`);

  it.each([
    ['Linux', 'x86_64', 'linux-amd64'],
    ['Linux', 'aarch64', 'linux-arm64'],
    ['Darwin', 'x86_64', 'darwin-amd64'],
    ['Darwin', 'arm64', 'darwin-arm64'],
  ])('of %s on %s is %s', async (system, kind, expected) => {
    await machine(system, kind);
    expect((await sandbox.shell('platform')).output).toBe(`${expected}\n`);
  });

  it.each([
    ['Darwin', '1', 'darwin-arm64'],
    ['Darwin', '0', 'darwin-amd64'],
    ['Linux', '1', 'linux-amd64'],
  ])('of %s whose shell is told x86_64 and whose hw.optional.arm64 is %s is %s', async (system, arm64, expected) => {
    await machine(system, 'x86_64');
    await sandbox.give('sysctl', `[ "$*" = '-n hw.optional.arm64' ] && echo ${arm64}`);
    expect((await sandbox.shell('platform')).output).toBe(`${expected}\n`);
  });

  it.each([
    ['Linux', 'riscv64'],
    ['FreeBSD', 'x86_64'],
  ])('of %s on %s has no minikube, and that is said once', async (system, kind) => {
    await machine(system, kind);
    const { status, output } = await sandbox.shell('install_tools; echo installed');
    expect(output).toMatch(/^✗ There is no minikube for this machine: \w+-\w+\.\n$/);
    expect(status).toBe(1);
  });
});

describe('a version', () => {
  it.each([
    ['1.38.1', '1.38.1', 'yes'],
    ['v1.38.10', '1.38.9', 'yes'],
    ['2.0', '1.38.1', 'yes'],
    ['v1.38', '1.38.1', 'no'],
    ['1.37.9', '1.38.1', 'no'],
    ['', '1.38.1', 'no'],
    ['v5.8.0+dirty', '5.8', 'yes'],
  ])('%j is %s or newer: %s', async (one, other, expected) => {
    expect((await sandbox.shell(`if at_least '${one}' '${other}'; then echo yes; else echo no; fi`)).output).toBe(
      `${expected}\n`,
    );
  });
});
