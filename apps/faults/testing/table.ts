import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node';
import { codeOf, PARTS } from '../../bench/src/code.ts';
import { describeMachine } from '../../bench/src/machine.ts';
import { type Findings, keepReport } from '../../bench/src/report.ts';
import type { Report } from './report.ts';

/** The projects of vitest.config.ts that break something -> the parts of the code that decide what comes of it. */
const DECIDING: Record<string, string[]> = { faults: PARTS.faults, pods: PARTS.cluster };

/** What became of one fault. */
interface Row {
  name: string;
  report: Report;
}

/**
 * Prints a table of all faults after the run, with what was left out and why. That of a whole run is kept for
 * docs/figures.md, under the name of the tests' project.
 */
export default class Table implements Reporter {
  readonly #start = performance.now();
  #vitest: Vitest | undefined;

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
    if (await this.#isWhole(modules, reason)) this.#keep(modules[0]!.project.name, findingsOf(rows, missing));
  }

  /** Whether it was not the quick form, of which no figures are shown to anybody, nor one file or one test. */
  async #isWhole(modules: readonly TestModule[], reason: TestRunEndReason): Promise<boolean> {
    const vitest = this.#vitest!;
    if (reason !== 'passed' || vitest.vite.config.mode === 'quick' || vitest.config.testNamePattern) return false;
    return modules.length === (await vitest.globTestSpecifications()).length;
  }

  #keep(project: string, findings: Findings): void {
    const seconds = (performance.now() - this.#start) / 1000;
    keepReport(project, { machine: describeMachine(), seconds, code: codeOf(DECIDING[project]!), ...findings });
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
