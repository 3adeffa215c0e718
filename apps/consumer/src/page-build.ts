import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('page/', import.meta.url));

/**
 * Bundles the page's TypeScript and styles under names that change with their content.
 *
 * @returns file name -> content; `index.html` among them, which refers to the others under /assets/.
 */
export async function buildPage(): Promise<Map<string, Buffer>> {
  // Only needed where the page was not bundled before, so an image can do without it.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
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
  const template = await readFile(`${SOURCE}index.html`, 'utf8');
  const named = (start: string, end: string) =>
    [...files.keys()].find((name) => name.startsWith(start) && name.endsWith(end))!;
  const html = template.replace('{{script}}', named('main-', '.js')).replace('{{style}}', named('style-', '.css'));
  return files.set('index.html', Buffer.from(html));
}
