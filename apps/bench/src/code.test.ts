import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { changedParts, codeOf } from './code.ts';

/** A repository with two parts, of a file each. */
function repository(): string {
  const root = mkdtempSync(join(tmpdir(), 'bench-code-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  execFileSync('git', ['init', '--quiet', root]);
  writeFileSync(join(root, '.gitignore'), 'results/\n');
  for (const part of ['a', 'b']) {
    mkdirSync(join(root, part, 'results'), { recursive: true });
    writeFileSync(join(root, part, 'main.ts'), part);
  }
  return root;
}

it('tells which parts of the code have changed, committed or not', () => {
  const root = repository();
  const before = codeOf(['a', 'b'], root);
  execFileSync('git', ['add', '--all'], { cwd: root });
  expect(changedParts(before, codeOf(['a', 'b'], root))).toEqual([]);
  writeFileSync(join(root, 'b', 'main.ts'), 'changed');
  expect(changedParts(before, codeOf(['a', 'b'], root))).toEqual(['b']);
  rmSync(join(root, 'a', 'main.ts'));
  expect(changedParts(before, codeOf(['a', 'b'], root))).toEqual(['a', 'b']);
});

it('takes tests, texts and what git ignores for nothing that is measured', () => {
  const root = repository();
  const before = codeOf(['a'], root);
  mkdirSync(join(root, 'a', 'figures'));
  for (const file of ['main.test.ts', 'README.md', 'figures/page.ts', 'results/results.json'])
    writeFileSync(join(root, 'a', file), '');
  expect(codeOf(['a'], root)).toEqual(before);
});

it('says nothing where there is no git, and nothing of a part that is not known', () => {
  expect(codeOf(['a'], '/')).toEqual({});
  expect(changedParts({ a: '1' }, {})).toEqual([]);
});
