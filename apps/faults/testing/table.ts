import type { Reporter, TestModule } from 'vitest/node';

/** Prints a table of all faults after the run, with what was left out and why. */
export default class Table implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const rows = tests.flatMap((test) => {
      const { report } = test.meta();
      if (!report) return [];
      const { recoveredMs, clients, records, lost, doubled, disordered, gaps } = report;
      const row = { 'recovered, s': Number((recoveredMs / 1000).toFixed(1)), clients, records };
      return [[test.name, { ...row, lost, double: doubled, disorder: disordered, 'told gaps': gaps }] as const];
    });
    console.table(Object.fromEntries(rows));
    for (const test of tests) {
      const result = test.result();
      if (result.state === 'skipped') console.log(`not done: ${test.name}: ${result.note ?? 'skipped'}`);
    }
  }
}
