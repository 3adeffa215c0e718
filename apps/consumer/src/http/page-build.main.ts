import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPage, SCRIPT_LIMIT, scriptSize } from './page-build.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: page-build.main.ts DIRECTORY');
const files = await buildPage();
const size = scriptSize(files);
console.log(`The page's script takes ${(size / 1000).toFixed(1)} KB, compressed.`);
if (size > SCRIPT_LIMIT)
  throw new Error(`the page's script takes more than ${SCRIPT_LIMIT / 1000} KB: see what made it so large`);
await mkdir(directory, { recursive: true });
for (const [name, content] of files) await writeFile(join(directory, name), content);
