import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node';
import { codeOf, PARTS } from '../../bench/src/code.ts';
import { describeMachine } from '../../bench/src/machine.ts';
import { type Findings, keepReport } from '../../bench/src/report.ts';
import type { Report } from './report.ts';

interface TableOptions {
  /** The name under which the report of a whole run is kept for docs/figures.md; without it none is kept. */
  keep?: string;
  /** Parts of the code that decide what comes of it. */
  parts?: string[];
}

/** What became of one fault. */
interface Row {
  name: string;
  report: Report;
}

/** Prints a table of all faults after the run, with what was left out and why, and keeps it. */
export default class Table implements Reporter {
  readonly #options: TableOptions;
  readonly #start = performance.now();
  #vitest: Vitest | undefined;

  constructor(options: TableOptions = {}) {
    this.#options = options;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunEnd(modules: readonly TestModule[], _errors: unknown, reason: TestRunEndReason): Promise<void> {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const rows = tests.flatMap((test): Row[] => {
      const { report } = test.meta();
      return report ? [{ name: test.name, report }] : [];
    });
    console.table(Object.fromEntries(rows.map((row) => [row.name, columnsOf(row)])));
    const missing = tests.filter(isSkipped).map((test) => `${test.name}: ${noteOf(test)}`);
    for (const line of missing) console.log(`NOT RUN: ${line}`);
    const all = await this.#vitest!.globTestSpecifications();
    // Of one file or one test no table is kept; what cannot be tried on this machine says so.
    const isWhole = reason === 'passed' && modules.length === all.length && !this.#vitest!.config.testNamePattern;
    if (isWhole) this.#keep(findingsOf(rows, missing));
  }

  #keep(findings: Findings): void {
    const { keep, parts = PARTS.faults } = this.#options;
    if (keep === undefined) return;
    const seconds = (performance.now() - this.#start) / 1000;
    keepReport(keep, { machine: describeMachine(), seconds, code: codeOf(parts), ...findings });
  }
}

const isSkipped = (test: TestCase): boolean => test.result().state === 'skipped';

function noteOf(test: TestCase): string {
  const result = test.result();
  return (result.state === 'skipped' && result.note) || 'skipped';
}

const inSeconds = (ms: number): number => Number((ms / 1000).toFixed(1));

function columnsOf({ report }: Row): Record<string, number> {
  const { recoveredMs, clients, records, lost, doubled, disordered, gaps, usage } = report;
  const faults = { lost, double: doubled, disorder: disordered, 'told gaps': gaps };
  const row = { 'recovered, s': inSeconds(recoveredMs), clients, records, ...faults };
  if (!usage) return row;
  const [peak, kept, file] = [usage.counted, usage.anonymous, usage.disk].map(Math.round);
  return { ...row, [`peak of ${usage.limit} MiB`]: peak!, 'without files': kept!, 'disk, MiB': file! };
}

/** The same for a page: faults in one table, and what a consumer took in another. */
export function findingsOf(rows: Row[], missing: string[]): Findings {
  const columns = ['fault', 'recovered', 'clients', 'records', 'lost', 'doubled', 'out of order', 'told gaps'];
  const used = rows.filter(({ report }) => report.usage);
  const findings: Findings = { columns, rows: rows.map(faultRow), goals: [], missing };
  if (used.length === 0) return findings;
  const limit = used[0]!.report.usage!.limit;
  const title = `What the consumer took at most, of the ${limit} MiB of its pod: the kernel counts what it keeps of files, too`;
  const memory = {
    title,
    columns: ['what comes', 'peak', 'without files', "history's file"],
    rows: used.map(memoryRow),
  };
  return { ...findings, more: [memory] };
}

function faultRow({ name, report }: Row): string[] {
  const { recoveredMs, clients, records, lost, doubled, disordered, gaps } = report;
  const counts = [clients, records, lost, doubled, disordered, gaps].map((count) => count.toLocaleString('en'));
  return [name, `${inSeconds(recoveredMs).toFixed(1)} s`, ...counts];
}

function memoryRow({ name, report }: Row): string[] {
  const { counted, anonymous, disk } = report.usage!;
  return [name, ...[counted, anonymous, disk].map((mib) => `${Math.round(mib)} MiB`)];
}
