import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = import.meta.dirname;
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/**
 * The modules of a folder that others import, but for its index. Tests may look inside, and so may the page: it takes
 * no database along.
 */
function taken(folder: string): string[] {
  return files
    .filter((file) => !/\.test\.ts$|^page\//.test(file) && !file.startsWith(`${folder}/`))
    .flatMap((file) => {
      const imports = readFileSync(join(source, file), 'utf8').matchAll(/ from '(\.[^']+)'/g);
      return [...imports].map(([, path]) => relative(source, join(source, dirname(file), path!)));
    })
    .filter((path) => path.startsWith(`${folder}/`) && path !== `${folder}/index.ts`);
}

describe('a folder of the consumer', () => {
  it.each(['history', 'live', 'http', 'access'])('%s has one way in', (folder) => {
    expect(taken(folder)).toEqual([]);
  });
});
