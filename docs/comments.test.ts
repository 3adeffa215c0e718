import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const COLUMNS = 120;
const root = join(import.meta.dirname, '..');
const files = execFileSync('git', ['ls-files', '*.ts', '*.css', '*.yaml', '*.sh', 'bootstrap.sh', 'clusters', '.ci'], {
  cwd: root,
  encoding: 'utf8',
});

it('has comments that are read without scrolling', () => {
  const long = files
    .trim()
    .split('\n')
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .map((line, index) => ({ place: `${file}:${index + 1}`, line })),
    )
    .filter(({ line }) => line.length > COLUMNS && /^\s*(\/\/|\/?\*|#) /.test(line));
  expect(long.map(({ place }) => place)).toEqual([]);
});
