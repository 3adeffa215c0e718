import { type Goal, isAtEdge, isMet, measuredOf, wantedOf } from '../goal.ts';
import type { BarPlot } from '../plot.ts';
import { markdownTable } from './markdown.ts';
import { countOf, type Reports } from './page.ts';
import { SECTIONS } from './sections.ts';

/** The goals that the README shows: what a user would ask for first. */
const ROWS: { section: string; goal: string; what: string }[] = [
  {
    section: 'way',
    goal: 'the whole way to 1,000 clients: p99',
    what: 'From the producer’s schedule through Kafka to 1,000 sockets, p99',
  },
  { section: 'fanout', goal: '1,000 × 10: p99', what: '1,000 clients × 10 messages/s: p99' },
  {
    section: 'fanout',
    goal: "1,000 × 100: deliveries per CPU s, of ws's",
    what: '1,000 clients × 100/s: deliveries per CPU second, compared with `ws`',
  },
  { section: 'fanout', goal: '5,000 × 100: p99', what: '5,000 clients × 100/s: p99' },
  {
    section: 'crowd',
    goal: '10,000 come back: last one live after',
    what: 'A deploy, until the last of 10,000 clients is live again',
  },
  {
    section: 'ingest',
    goal: '1,000,000 records caught up',
    what: '1,000,000 records of Kafka, from the start until all are in the history',
  },
  { section: 'ingest', goal: 'peak RSS meanwhile', what: 'The most memory meanwhile' },
  { section: 'history', goal: '1,000,000 rows: searched for one', what: 'Search through 1,000,000 messages' },
  { section: 'start', goal: 'npm start, empty: ready', what: '`npm start` ready' },
  { section: 'cluster', goal: 'up, from nothing', what: '`./bootstrap.sh`, from nothing' },
  { section: 'cluster', goal: 'push -> seen in the browser', what: 'A push, until it is seen in the browser' },
  {
    section: 'cluster',
    goal: 'code committed -> npm run ship -> seen in dev',
    what: 'A commit of code, until open pages offer to reload',
  },
];

/** The rows of fan-out that the small picture shows. */
const GROUPS = new Set(['1,000 clients × 10/s', '5,000 clients × 100/s', '10,000 clients × 1/s']);

export const FRONT_PICTURE = 'front.svg';

/** What the README shows of the figures: one table, one picture, and where the others are. */
export function frontText(reports: Reports): string {
  const goals = SECTIONS.flatMap(({ name }) => reports[name]?.goals ?? []);
  const rows = ROWS.map(({ section, goal, what }) => {
    const found = reports[section]?.goals.find((each) => each.what === goal);
    return found ? [what, wantedOf(found), measuredOf(found), mark(found)] : [what, '', 'not measured', ''];
  });
  return [
    markdownTable(['what', 'wanted', 'measured', ''], rows),
    ...(frontPlot(reports)
      ? [`![Messages to many clients, beside what else there is](docs/figures/${FRONT_PICTURE})`]
      : []),
    `${countOf(goals)} All of them, with machine, date and method, and what limits the goals that are not met: [docs/figures.md](docs/figures.md).`,
  ].join('\n\n');
}

/** The small picture; nothing where fan-out was never measured. */
export function frontPlot(reports: Reports): BarPlot | undefined {
  const plot = reports['fanout']?.plot;
  return plot && { ...plot, groups: plot.groups.filter(({ title }) => GROUPS.has(title)) };
}

function mark(goal: Goal): string {
  return `${isMet(goal) ? '✓' : '✗'}${isAtEdge(goal) ? ' at the edge' : ''}`;
}
