import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPage } from './page-build.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: page-build.main.ts DIRECTORY');
await mkdir(directory, { recursive: true });
for (const [name, content] of await buildPage()) await writeFile(join(directory, name), content);
