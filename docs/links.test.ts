import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesOf, ROOT } from '../apps/service/testing/repository.ts';

const pages = filesOf('*.md');

/** Without blocks of code, in which nothing is a link. */
const prose = (page: string): string => readFileSync(page, 'utf8').replace(/^( *)```.*?^\1```$/gms, '');

/** The anchors that GitHub gives a page's headings. */
const anchors = (page: string): string[] =>
  [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** @returns why a link leads nowhere, if it does. */
function problem(page: string, link: string): string | undefined {
  const [path, anchor] = link.split('#');
  const target = path ? join(dirname(page), path) : page;
  if (relative(ROOT, target).startsWith('..')) return 'it leaves the repository';
  if (!existsSync(target)) return `there is no ${relative(ROOT, target)}`;
  if (anchor && !anchors(target).includes(anchor)) return `${relative(ROOT, target)} has no heading #${anchor}`;
  return undefined;
}

describe('the pages', () => {
  it.each(pages)('%s has links and pictures that lead somewhere', (name) => {
    const page = join(ROOT, name);
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)].map(
      ([, link, image]) => link ?? image!,
    );
    const broken = links
      .filter((link) => !/^https?:/.test(link))
      .map((link) => [link, problem(page, link)])
      .filter(([, why]) => why);
    expect(broken).toEqual([]);
  });

  it('are all linked from another one', () => {
    const linked = new Set(
      pages.flatMap((name) =>
        [...prose(join(ROOT, name)).matchAll(/\]\(([^)#\s]+)/g)].map(([, link]) => join(dirname(name), link!)),
      ),
    );
    expect(pages.filter((name) => name !== 'README.md' && !linked.has(name))).toEqual([]);
  });
});
