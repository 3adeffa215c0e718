import { fileURLToPath } from 'node:url';
import { inWords } from '../machine.ts';
import { plotBars } from '../plot.ts';
import { readReport } from '../report.ts';
import { FRONT_PICTURE, frontPlot, frontText } from './front.ts';
import { figuresPage, pictureOf, type Reports } from './page.ts';
import { SECTIONS } from './sections.ts';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Where the reports are kept in git, and the pictures. */
export const FIGURES = 'docs/figures';

/** In the README, what stands between these is made here. */
const [START, END] = ['<!-- figures: made by `npm run figures` -->', '<!-- end of figures -->'];

/** Text that is to stand in a file of the repository. */
interface Made {
  path: string;
  text: string;
}

/** The reports of all sections that were measured, from a folder. */
export function readReports(folder: string): Reports {
  const reports = SECTIONS.map(({ name }) => [name, readReport(name, folder)] as const);
  return Object.fromEntries(reports.filter(([, report]) => report !== undefined));
}

/** Everything that is made of the reports: the page, the pictures and the README's part, with the README as it is. */
export function filesOf(reports: Reports, readme: string): Made[] {
  const pictures = SECTIONS.flatMap((section): Made[] => {
    const report = reports[section.name];
    if (!report?.plot) return [];
    return [{ path: `${FIGURES}/${pictureOf(section)}`, text: plotBars(report.plot, inWords(report.machine)) }];
  });
  const front = frontPlot(reports);
  if (front)
    pictures.push({ path: `${FIGURES}/${FRONT_PICTURE}`, text: plotBars(front, inWords(reports['fanout']!.machine)) });
  return [
    { path: 'docs/figures.md', text: figuresPage(reports) },
    ...pictures,
    { path: 'README.md', text: withFront(readme, frontText(reports)) },
  ];
}

function withFront(readme: string, text: string): string {
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`README.md has no place for the figures, between ${START} and ${END}`);
  return `${before}${START}\n\n${text}\n\n${END}${after}`;
}
