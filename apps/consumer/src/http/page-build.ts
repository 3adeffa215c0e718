import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const SOURCE = fileURLToPath(new URL('../page/', import.meta.url));

/** What the page's script may take, compressed, in bytes. */
export const SCRIPT_LIMIT = 60_000;

/**
 * Bundles the page's TypeScript and styles under names that change with their content.
 *
 * @returns file name -> content; `index.html` and `sign-in.html` among them, which refer to the others under assets/.
 */
export async function buildPage(): Promise<Map<string, Buffer>> {
  // Only needed where the page was not bundled before, so an image can do without it.
  const { buildSync } = await import('esbuild');
  // Nothing else goes on at a start. Otherwise a process would stay, with its memory, and be asked each second whether
  // it is there.
  const { outputFiles } = buildSync({
    entryPoints: [`${SOURCE}main.ts`, `${SOURCE}style.css`],
    outdir: SOURCE,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
  const named = (start: string, end: string) =>
    [...files.keys()].find((name) => name.startsWith(start) && name.endsWith(end))!;
  for (const page of ['index.html', 'sign-in.html']) {
    const template = await readFile(`${SOURCE}${page}`, 'utf8');
    const html = template.replace('{{script}}', named('main-', '.js')).replace('{{style}}', named('style-', '.css'));
    files.set(page, Buffer.from(html));
  }
  return files;
}

/** What the script among the page's files takes, compressed, in bytes. */
export function scriptSize(files: Map<string, Buffer>): number {
  const scripts = [...files].filter(([name]) => name.endsWith('.js'));
  return scripts.reduce((sum, [, content]) => sum + gzipSync(content).length, 0);
}
