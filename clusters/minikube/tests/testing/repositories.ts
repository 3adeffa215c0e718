import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Sandbox } from './sandbox.ts';

const run = promisify(execFile);

/** Repositories beside a sandbox and its own, as they were when they were kept. */
export class Repositories {
  readonly #home: string;
  readonly #bare: string[];

  private constructor(home: string, bare: string[]) {
    this.#home = home;
    this.#bare = bare;
  }

  #shell = (line: string) => run('sh', ['-euc', line, 'sh', ...this.#bare], { cwd: this.#home });

  /** @param bare their names, beside the sandbox's folder */
  static async keep(sandbox: Sandbox, ...bare: string[]): Promise<Repositories> {
    const repositories = new Repositories(join(sandbox.folder, '..'), bare);
    // As few files as can be, since they are copied for each test.
    await repositories.#shell(`mkdir kept
      for one in "$@" 'a folder/.git'; do
        git -C "$one" gc --quiet
        rm -rf "$one/logs" "$one/info" "$one/description" "$one/COMMIT_EDITMSG" "$one/objects/info"
        [ "$one" != 'a folder/.git' ] || rm -rf "$one/hooks"
      done
      cp -R "$@" 'a folder/.git' kept`);
    return repositories;
  }

  /** Brings them back, and the sandbox's files. */
  async restore(): Promise<void> {
    await this.#shell(`rm -rf "$@" 'a folder/.git'
      for one in "$@"; do cp -R "kept/$one" .; done
      cd 'a folder'
      cp -R ../kept/.git .
      git reset --quiet --hard
      git clean --quiet -fdx`);
  }
}
