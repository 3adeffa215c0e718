import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { filesOf, ROOT } from '../apps/service/testing/repository.ts';

const COLUMNS = 120;
const files = filesOf('*.ts', '*.css', '*.yaml', '*.sh', 'bootstrap.sh', 'clusters', '.ci');

it('has comments that are read without scrolling', () => {
  const long = files
    .flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .map((line, index) => ({ place: `${file}:${index + 1}`, line })),
    )
    .filter(({ line }) => line.length > COLUMNS && /^\s*(\/\/|\/?\*|#) /.test(line));
  expect(long.map(({ place }) => place)).toEqual([]);
});
