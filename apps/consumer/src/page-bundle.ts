import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import escape from 'escape-html';
import { buildPage } from './page-build.ts';
import type { About } from './live.ts';

/** The page as it is served. */
export interface BundledPage {
  html: string;
  /** File name -> what is served under /assets/. Names change with the content. */
  assets: Map<string, { type: string; body: Buffer }>;
}

const TYPES: Record<string, string> = { js: 'text/javascript', css: 'text/css' };

/**
 * The page with what the consumer says of itself filled in.
 *
 * @param directory where `page-build.ts` put the page; without it the page is bundled now.
 */
export async function bundlePage(about: About, directory?: string): Promise<BundledPage> {
  const files = directory ? await readFiles(directory) : await buildPage();
  const assets = new Map<string, { type: string; body: Buffer }>();
  for (const [name, body] of files) {
    const type = TYPES[name.split('.').at(-1)!];
    if (type) assets.set(name, { type, body });
  }
  const template = files.get('index.html')!.toString();
  const html = template.replace(/\{\{(environment|banner)\}\}/g, (_, key: 'environment' | 'banner') =>
    escape(about[key]),
  );
  return { html, assets };
}

async function readFiles(directory: string): Promise<Map<string, Buffer>> {
  const names = await readdir(directory);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))] as const)));
}
