import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareLists, bashisms, code, gnuisms } from './testing/portable.ts';
import { shellUnderTest } from './testing/sandbox.ts';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const inFolder = (folder: string) =>
  readdirSync(join(root, 'clusters/minikube', folder)).map((name) => `clusters/minikube/${folder}/${name}`);
const commands = ['bootstrap.sh', ...inFolder('scripts/commands')];
const files = [...commands, ...inFolder('scripts/lib'), ...inFolder('git')].filter((file) => !file.endsWith('.ts'));
const scripts = files.filter((file) => file.endsWith('.sh') || read(file).startsWith('#!/usr/bin/env bash\n'));

/** Lines that are right all the same. */
const ALLOWED = [
  // Where there is sha256sum; elsewhere, shasum.
  /command -v sha256sum >\/dev\/null; then sha256sum;/,
  // In Argo CD's image, which is Linux.
  /GIT_ASKPASS=true timeout \d+ git/,
  /^ {6}if timeout 2 bash -c/,
];
const rules = [...bashisms, ...gnuisms];
const linted = (file: string) =>
  code(read(file))
    .split('\n')
    .filter((line) => !ALLOWED.some((allowed) => allowed.test(line)))
    .join('\n');
const breaks = (text: string) => rules.filter(({ pattern }) => pattern.test(text)).map(({ name }) => name);

describe('the rules for shell scripts', () => {
  it.each(rules)('find: $name', ({ pattern, examples, fine = [] }) => {
    for (const line of examples) expect([line, pattern.test(line)]).toEqual([line, true]);
    for (const line of fine) expect([line, breaks(line)]).toEqual([line, []]);
  });

  it('look at code, not at comments', () => {
    expect(code('# sed -i\n  # mapfile\nx=${a#b} # wait -n\necho "#1"')).toBe('\n\nx=${a#b}\necho "#1"');
  });

  it('find a list that may be empty and is expanded as it is', () => {
    expect(bareLists('a=() b=(x)\nf "${a[@]}" "${b[@]}"')).toEqual(['a']);
    expect(bareLists('a=()\nf ${a[@]+"${a[@]}"}')).toEqual([]);
  });

  it('are applied to every script', () => {
    for (const file of [
      'bootstrap.sh',
      'scripts/commands/sync',
      'scripts/lib/tools.sh',
      'scripts/lib/compare',
      'git/push',
    ])
      expect(scripts).toContain(file === 'bootstrap.sh' ? file : `clusters/minikube/${file}`);
  });
});

describe.each(files)('%s', (file) => {
  it('has nothing that macOS lacks', () => {
    const lines = linted(file).split('\n');
    const found = lines.flatMap((line) => breaks(line).map((name) => `${name}: ${line.trim()}`));
    // Over several lines, too.
    expect(found.length > 0 ? found : breaks(linted(file))).toEqual([]);
    expect(bareLists(linted(file))).toEqual([]);
  });

  it.skipIf(!scripts.includes(file))('is understood by the shell', () => {
    execFileSync(shellUnderTest, ['-n', join(root, file)], { stdio: 'pipe' });
  });
});

describe('a program', () => {
  const last = (file: string) => code(read(file)).trim().split('\n').at(-1)!;
  it.each(commands)('%s comes to its end by finish', (file) => {
    expect(last(file)).toMatch(/^(finish( "\$\w+")?|exec .*)$/);
  });

  // What stands alone has no trap for its exit, and so needs no finish.
  const trapped = scripts.filter(
    (file) => file.endsWith('.sh') || read(file).includes('. clusters/minikube/scripts/lib/all.sh'),
  );
  it.each(trapped.filter((file) => !file.endsWith('console.sh')))('%s ends nowhere else with 0', (file) => {
    const ends = code(read(file))
      .split('\n')
      .filter((line) => /(?<![-\w'])exit\b(?!\s+(?:[1-9}]|status\b|!|"\$status"))/.test(line));
    expect(ends).toEqual([]);
  });
});
