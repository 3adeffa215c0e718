import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from './template.ts';

const root = join(import.meta.dirname, '../../../..');
/** The shell that all of it is run by: this machine's bash, or another one, such as macOS' 3.2. */
export const shellUnderTest = process.env['SHELL_UNDER_TEST'] ?? '/usr/bin/bash';
/** What every Linux and macOS has. All else a sandbox has from its test. */
const everywhere =
  'awk base64 basename bash cat chmod comm cp cut diff dirname echo env grep head ln ls mkdir mktemp mv pgrep ps rm rmdir sed sh sha256sum sleep sort tail tee touch tr uname wc xargs';

export interface Result {
  status: number;
  /** What was printed, on both streams. */
  output: string;
}

const template = new Template();

/** A copy of the repository on a machine that has just the given programs. */
export class Sandbox {
  readonly folder: string;
  /** Where its programs put what they need for a while, and the logs of what failed. */
  readonly temporary: string;
  readonly #bin: string;

  private constructor(parent: string) {
    this.folder = join(parent, 'a folder');
    this.temporary = join(parent, 'temporary');
    this.#bin = join(parent, 'bin');
  }

  static async create(): Promise<Sandbox> {
    const parent = await mkdtemp(join(tmpdir(), 'hello sandbox '));
    await template.copyTo(parent, () => Sandbox.#make());
    return new Sandbox(parent);
  }

  /** @returns the folder of one that is only copied. */
  static async #make(): Promise<string> {
    const parent = await mkdtemp(join(tmpdir(), 'hello sandbox '));
    const sandbox = new Sandbox(parent);
    for (const folder of [sandbox.temporary, sandbox.#bin]) await mkdir(folder);
    for (const name of ['bootstrap.sh', 'base', 'overlays', 'clusters', 'Dockerfile', 'package.json', '.gitignore'])
      await cp(join(root, name), join(sandbox.folder, name), {
        recursive: true,
        filter: (path) => !path.endsWith('charts') && path !== join(root, 'clusters/minikube/tests'),
      });
    await mkdir(join(sandbox.folder, 'apps/consumer'), { recursive: true });
    await writeFile(join(sandbox.folder, 'apps/consumer/main.ts'), 'console.log("Hello world");\n');
    for (const name of everywhere.split(' ')) await sandbox.give(name);
    await rm(join(sandbox.#bin, 'bash'));
    await symlink(shellUnderTest, join(sandbox.#bin, 'bash'));
    await sandbox.give('apt-get', 'exit 1');
    // Nobody special, whoever runs the tests.
    await sandbox.give('id', 'case $* in -u) echo 1000 ;; -un) echo somebody ;; *) exit 1 ;; esac');
    return parent;
  }

  /** Puts a program there: a shell script's body, or the machine's own where none is given. */
  async give(name: string, body?: string): Promise<void> {
    const file = join(this.#bin, name);
    await rm(file, { force: true });
    if (body === undefined) return symlink(join('/usr/bin', name), file);
    await writeFile(file, `#!/usr/bin/env bash\n${body}\n`);
    await chmod(file, 0o755);
  }

  /** A docker of that size, in MiB, and the minikube and kubectl that fit it, without any cluster. */
  async giveAll({ cpus = 4, memory = 16_000 } = {}): Promise<void> {
    await this.give('git');
    await this.give('openssl');
    await this.give(
      'docker',
      `case "$*" in *NCPU*) echo ${cpus} ;; *MemTotal*) echo $((${memory} * 1024 * 1024)) ;; version*) echo 28.2.2 ;; inspect*) exit 1 ;; esac`,
    );
    await this.give(
      'minikube',
      `case $1 in version) echo v1.38.1 ;; profile) echo '{"valid":[]}' ;; *) exit 1 ;; esac`,
    );
    await this.give('kubectl', `case $1 in version) echo 'Client Version: v1.35.1' ;; *) exit 1 ;; esac`);
  }

  /** Runs a program of the repository's. @returns when it has ended, however that was. */
  run(program: string, ...args: string[]): Promise<Result> {
    return this.runWith({}, program, ...args);
  }

  /** The same with more in its environment. */
  runWith(more: Record<string, string>, program: string, ...args: string[]): Promise<Result> {
    const env = { PATH: this.#bin, HOME: join(this.folder, '..'), TMPDIR: this.temporary, USER: 'somebody', ...more };
    return new Promise((resolve) => {
      const child = execFile(
        join(this.folder, program),
        args,
        { env, cwd: tmpdir(), timeout: 20_000 },
        (error, stdout, stderr) => {
          resolve({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr });
        },
      );
      child.stdin?.end();
    });
  }

  /** Runs a line of shell with what bootstrap.sh is made of. */
  async shell(line: string, more: Record<string, string> = {}): Promise<Result> {
    const script = join(this.folder, '../line.sh');
    await writeFile(
      script,
      `#!/usr/bin/env bash\nset -euo pipefail\nROOT='${this.folder}'\ncd "$ROOT"\n. clusters/minikube/scripts/lib/all.sh\n${line}\nfinish\n`,
    );
    await chmod(script, 0o755);
    return this.runWith(more, '../line.sh');
  }

  async remove(): Promise<void> {
    await rm(join(this.folder, '..'), { recursive: true });
  }
}
