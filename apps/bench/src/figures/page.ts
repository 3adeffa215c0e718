import { type Goal, isAtEdge, isMet, measuredOf, round, verdict, wantedOf } from '../goal.ts';
import { inWords } from '../machine.ts';
import type { Report } from '../report.ts';
import { LIMITS } from './limits.ts';
import { markdownTable } from './markdown.ts';
import { type Section, SECTIONS } from './sections.ts';

/** What there is, by the name of its section. */
export type Reports = Partial<Record<string, Report>>;

/** The file of a section's picture, beside the reports. */
export const pictureOf = ({ name }: Section): string => `${name}.svg`;

/** The whole of docs/figures.md. */
export function figuresPage(reports: Reports): string {
  const goals = SECTIONS.flatMap(({ name }) => reports[name]?.goals ?? []);
  return `${[
    '# Figures',
    '<!-- Made by `npm run figures`: change nothing here by hand. -->',
    `Made by \`npm run figures\` of what the last whole runs left in [figures](figures). ${countOf(goals)} Of several rounds the middle counts, and in brackets are the least and the most. A goal is **at the edge** when some of its rounds meet it and some do not: there the next run may say something else. How the peers are set up, and what was tried: [apps/bench](../apps/bench/README.md).`,
    ...SECTIONS.flatMap((section) => sectionText(section, reports[section.name])),
  ].join('\n\n')}\n`;
}

/** How many goals are met, as a sentence. */
export function countOf(goals: Goal[]): string {
  return `${goals.filter(isMet).length} of ${goals.length} goals are met, ${goals.filter(isAtEdge).length} at the edge.`;
}

/** When, on what and of which code something was measured, as a sentence. */
function provenance({ machine, seconds }: Report): string {
  const busy = machine.load > 0.5 ? ` Something else was running before: the load was ${round(machine.load)}.` : '';
  const duration = seconds === undefined ? '' : `, in ${Math.round(seconds)} s`;
  return `On ${inWords(machine)}, of commit ${machine.commit}${duration}.${busy}`;
}

function sectionText(section: Section, report: Report | undefined): string[] {
  const { name, title, command, how } = section;
  const head = [`## ${title}`, how];
  if (!report) return [...head, `Never run here as a whole: \`${command}\`.`];
  const { columns, rows, more = [], goals, missing, plot } = report;
  return [
    ...head,
    `By \`${command}\`. ${provenance(report)}`,
    markdownTable(columns, rows),
    ...more.flatMap((table) => [`${table.title}:`, markdownTable(table.columns, table.rows)]),
    ...(plot ? [`![${plot.title}, as bars](figures/${pictureOf(section)})`] : []),
    ...(goals.length > 0 ? [goalTable(name, goals)] : []),
    ...(missing.length > 0 ? [missing.map((line) => `- Not measured: ${oneLine(line)}`).join('\n')] : []),
  ];
}

function goalTable(section: string, goals: Goal[]): string {
  const rows = goals.map((goal) => [
    goal.what,
    wantedOf(goal),
    measuredOf(goal),
    verdict(goal),
    isMet(goal) ? '' : (LIMITS[section]?.[goal.what] ?? ''),
  ]);
  const hasLimits = rows.some((row) => row[4] !== '');
  const columns = ['goal', 'wanted', 'measured', 'verdict', 'what it runs into'];
  return markdownTable(
    hasLimits ? columns : columns.slice(0, -1),
    hasLimits ? rows : rows.map((row) => row.slice(0, -1)),
  );
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
