import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { broadcastFields } from '@hello/broadcasts';
import { StartError } from '@hello/service';
import escape from 'escape-html';
import { buildPage } from './page-build.ts';
import type { About, PageBuild } from '../about.ts';

/** The page as it is served. */
export interface BundledPage {
  build: PageBuild;
  html: string;
  /** The page to sign in on, with what was wrong with the last try, and the query that leads back. */
  signIn: (values: { query: string; account: string; error: string }) => string;
  /** File name -> what is served under /assets/. Names change with the content. */
  assets: Map<string, { type: string; body: Buffer }>;
}

const ID_LENGTH = 12;
const TYPES: Record<string, string> = { js: 'text/javascript', css: 'text/css' };

/**
 * The page with what the consumer says of itself filled in.
 *
 * @param directory where `page-build.ts` put the page; without it the page is bundled now.
 * @throws {StartError} when there is no page.
 */
export async function bundlePage(
  { environment, banner }: Pick<About, 'environment' | 'banner'>,
  directory?: string,
): Promise<BundledPage> {
  const files = directory ? await readFiles(directory) : await buildPage();
  const assets = new Map<string, { type: string; body: Buffer }>();
  for (const [name, body] of files) {
    const type = TYPES[name.split('.').at(-1)!];
    if (type) assets.set(name, { type, body });
  }
  const template = (name: string) => files.get(name)!.toString();
  const [build, servedSince] = [identify(files), Date.now()];
  return {
    build: { build, servedSince },
    html: fill(template('index.html'), {
      environment,
      banner,
      build,
      servedSince: String(servedSince),
      fields: broadcastFields.join(' '),
    }),
    signIn: (values) => fill(template('sign-in.html'), { environment, banner, ...values }),
    assets,
  };
}

/** Names the page by its content, before anything is filled in. Nobody has the page to sign in on open for long. */
function identify(files: Map<string, Buffer>): string {
  const hash = createHash('sha256');
  for (const name of [...files.keys()].toSorted()) {
    if (name === 'sign-in.html') continue;
    const content = files.get(name)!;
    hash.update(`${name}\n${content.length}\n`).update(content);
  }
  return hash.digest('base64url').slice(0, ID_LENGTH);
}

/** Puts values, as text, in the places of their names. */
function fill(template: string, values: Record<string, string>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => escape(values[name]));
}

async function readFiles(directory: string): Promise<Map<string, Buffer>> {
  const names = await readdir(directory).catch((): string[] => []);
  if (!names.includes('index.html'))
    throw new StartError(
      `PAGE_DIR: there is no page in ${directory}; without the setting the page is bundled at start`,
    );
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name))] as const)));
}
