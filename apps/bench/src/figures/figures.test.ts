import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Goal } from '../goal.ts';
import type { Report } from '../report.ts';
import { agesOf } from './age.ts';
import { FIGURES, filesOf, readReports, ROOT } from './files.ts';
import { LIMITS } from './limits.ts';
import { frontText } from './front.ts';
import { markdownTable } from './markdown.ts';
import { figuresPage } from './page.ts';
import { SECTIONS } from './sections.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const goal: Goal = { what: 'up, from nothing', bound: 'at most', wanted: 130, measured: 120, unit: 's' };
const report: Report = {
  machine: {
    ...{ cpu: 'Abacus', cores: 2, memoryGib: 8, freeGib: 6, system: 'linux 6', node: 'v26.10.0', load: 0.1 },
    ...{ commit: 'abc1234', date: '2026-11-26T10:00:00.000Z' },
  },
  seconds: 61.4,
  code: {},
  columns: ['what', 'measured'],
  rows: [['up | down', '120 s']],
  goals: [goal],
  missing: ['a peer:\n  no network'],
};

describe('docs/figures.md, its pictures and its part of the README', () => {
  const reports = readReports(join(ROOT, FIGURES));

  it('are made of the results, byte by byte', () => {
    for (const { path, text } of filesOf(reports, read('README.md')))
      expect(read(path), `${path} is not what npm run figures makes`).toBe(text);
  });

  it('are of the code that there is, or say that they are older', ({ skip }) => {
    const ages = agesOf(reports);
    if (ages.length === 0) return;
    const note = `docs/figures.md is older than the code that it measures: ${ages.join('; ')}. Its commands measure anew, then: npm run figures`;
    console.warn(note);
    skip(note);
  });

  it('say what goals run into that there are', () => {
    for (const [section, limits] of Object.entries(LIMITS))
      expect(reports[section]?.goals.map(({ what }) => what)).toEqual(expect.arrayContaining(Object.keys(limits)));
  });
});

describe('the page of figures', () => {
  it('has a section for each command, and says of which nothing was measured', () => {
    const page = figuresPage({ cluster: report });
    for (const { title } of SECTIONS) expect(page).toContain(`\n## ${title}\n`);
    expect(page.match(/^Never run here as a whole/gm)).toHaveLength(SECTIONS.length - 1);
  });

  it('says when, on what and of which code, what was wanted, and what is missing', () => {
    const page = figuresPage({ cluster: report });
    expect(page).toContain(
      'By `npm run e2e`. On 2 × Abacus, 8 GiB, linux 6, Node v26.10.0, 2026-11-26, of commit abc1234, in 61 s.\n',
    );
    expect(page).toContain('| up, from nothing | at most 130 s |    120 s |     met |\n');
    expect(page).toContain('- Not measured: a peer: no network');
    expect(page).toContain('1 of 1 goals are met, 0 at the edge.');
  });

  it('says when the machine was busy', () => {
    const busy = { ...report, machine: { ...report.machine, load: 3 } };
    expect(figuresPage({ cluster: busy })).toContain('Something else was running before: the load was 3.');
  });
});

describe('the part of the README', () => {
  it('is one table of at most 12 rows, of what was measured and what was not', () => {
    const rows = frontText({ cluster: report })
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2);
    expect(rows.length).toBeLessThanOrEqual(12);
    expect(rows.filter((row) => row.includes('120 s') && row.includes('✓'))).toHaveLength(1);
    expect(rows.filter((row) => row.includes('not measured'))).toHaveLength(rows.length - 1);
  });
});

describe('agesOf', () => {
  it('names the parts of the code that have changed since', () => {
    const old = { ...report, code: { 'apps/bench': 'another' } };
    expect(agesOf({ cluster: old, pods: old })).toEqual([
      'cluster, pods, of 2026-11-26 at abc1234: apps/bench changed since',
    ]);
    expect(agesOf({ cluster: report })).toEqual([]);
  });
});

it('writes tables as Prettier does', () => {
  expect(markdownTable(['a', 'second'], [['x | y', '1']])).toBe(
    ['| a      | second |', '| ------ | -----: |', '| x \\| y |      1 |'].join('\n'),
  );
});
