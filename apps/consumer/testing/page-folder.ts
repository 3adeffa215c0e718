import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { buildPage } from '../src/http/page-build.ts';

/** The page as an image has it, for PAGE_DIR, in a folder that ends with the test. */
export class PageFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'page-'));
  #files: Map<string, Buffer>;

  private constructor(files: Map<string, Buffer>) {
    onTestFinished(() => rmSync(this.path, { recursive: true }));
    this.#files = files;
    this.restore();
  }

  static async create(): Promise<PageFolder> {
    return new PageFolder(await buildPage());
  }

  /** Makes it another build: adds a comment to the file whose name ends so. */
  change(end: string): void {
    const name = readdirSync(this.path).find((each) => each.endsWith(end))!;
    appendFileSync(join(this.path, name), end.endsWith('html') ? '<!-- changed -->' : '/* changed */');
  }

  add(name: string, content: string): void {
    writeFileSync(join(this.path, name), content);
  }

  /** Makes it the build that it was at first. */
  restore(): void {
    for (const [name, body] of this.#files) writeFileSync(join(this.path, name), body);
  }
}
