import type { Reporter, TestModule } from 'vitest/node';
import type { Usage } from './pod.ts';

/** Prints a table of all faults after the run, with what was left out and why. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const rows = tests.flatMap((test) => {
      const { report } = test.meta();
      if (!report) return [];
      const { recoveredMs, clients, records, lost, doubled, disordered, gaps, usage } = report;
      const row = { 'recovered, s': Number((recoveredMs / 1000).toFixed(1)), clients, records };
      const faults = { lost, double: doubled, disorder: disordered, 'told gaps': gaps };
      return [[test.name, { ...row, ...faults, ...(usage && columnsOf(usage)) }] as const];
    });
    console.table(Object.fromEntries(rows));
    for (const test of tests) {
      const result = test.result();
      if (result.state === 'skipped') console.log(`NOT RUN: ${test.name}: ${result.note ?? 'skipped'}`);
    }
  }
}

function columnsOf({ counted, anonymous, limit, disk }: Usage): Record<string, number> {
  const [peak, kept, file] = [counted, anonymous, disk].map(Math.round);
  return { [`peak of ${limit} MiB`]: peak!, 'without files': kept!, 'disk, MiB': file! };
}
