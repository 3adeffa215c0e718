import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';

const run = promisify(execFile);

/** A folder that is made once in a file of tests. Who needs one like it gets a copy, which is quicker than to make it. */
export class Template {
  #made: Promise<string> | undefined;

  constructor() {
    afterAll(async () => this.#made && rm(await this.#made, { recursive: true }));
  }

  /** @param make makes the folder, the first time. */
  async copyTo(folder: string, make: () => Promise<string>): Promise<void> {
    this.#made ??= make();
    await run('cp', ['-R', `${await this.#made}/.`, folder]);
  }
}
