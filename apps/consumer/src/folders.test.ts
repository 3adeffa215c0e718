import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** In the order in which a record meets them, with `access` before those who ask it: each knows those before it alone. */
const FOLDERS = ['history', 'access', 'live', 'http', 'page'];

const source = import.meta.dirname;
// Tests may look everywhere.
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /(?<!\.test)\.ts$/.test(file),
);
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/ from '(\.[^']+)'/g)].map(([, path]) =>
    relative(source, join(source, dirname(file), path!)),
  );
}

const folderOf = (file: string): string => dirname(file).split('/')[0]!;

/** The folders that a folder knows, also by way of modules that are in none. */
function known(folder: string): string[] {
  const found = new Set<string>();
  const next = files.filter((file) => folderOf(file) === folder);
  for (const file of next)
    for (const path of imports.get(file) ?? []) {
      if (folderOf(path) === '.' && !next.includes(path)) next.push(path);
      else if (folderOf(path) !== folderOf(file)) found.add(folderOf(path));
    }
  return [...found].filter((each) => each !== '.');
}

/** The modules of a folder that others import, but for its index. The page may look inside: it takes no database along. */
function taken(folder: string): string[] {
  return files
    .filter((file) => ![folder, 'page'].includes(folderOf(file)))
    .flatMap((file) => imports.get(file)!)
    .filter((path) => folderOf(path) === folder && path !== `${folder}/index.ts`);
}

describe('a folder of the consumer', () => {
  it.each(FOLDERS.slice(0, -1))('%s has one way in', (folder) => {
    expect(taken(folder)).toEqual([]);
  });

  it.each(FOLDERS)('%s knows none that comes after it', (folder) => {
    const before = new Set(FOLDERS.slice(0, FOLDERS.indexOf(folder)));
    expect(known(folder).filter((each) => !before.has(each))).toEqual([]);
  });

  it('stands in the order', () => {
    const folders = files.map(folderOf).filter((folder) => folder !== '.');
    expect([...new Set(folders)].toSorted()).toEqual(FOLDERS.toSorted());
  });
});
