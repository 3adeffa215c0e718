import { expect, type TestContext } from 'vitest';
import type { Faults } from './ledger.ts';
import type { Usage } from './pod.ts';

/** What a test says of its fault. */
export interface Report extends Faults {
  /** What was done. */
  did: string;
  /** Time from the end of the fault until every client showed everything, in milliseconds. */
  recoveredMs: number;
  clients: number;
  records: number;
  /** What clients did not get, and were told so. */
  gaps: number;
  /** The most that the consumer took, where it had a pod's limits. */
  usage?: Usage;
}

declare module 'vitest' {
  interface TaskMeta {
    report?: Report;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function took(usage: Usage | undefined): string {
  if (!usage) return '';
  const { counted, anonymous, limit, disk } = usage;
  const [peak, kept, file] = [counted, anonymous, disk].map(Math.round);
  return `. It took ${peak} of ${limit} MiB at most, ${kept} MiB without what the kernel kept of files, and ${file} MiB of disk`;
}

/** A report as a sentence. */
export function sentence(report: Report): string {
  const { did, recoveredMs, clients, records, lost, doubled, disordered, gaps, usage } = report;
  const told = gaps > 0 ? `, ${gaps} gaps that were shown as such` : '';
  return `${did}. Recovered in ${seconds(recoveredMs)}. ${clients} clients, ${records} records: lost ${lost}, double ${doubled}, out of order ${disordered}${told}${took(usage)}.`;
}

/** Says what a fault did, for people and for the table at the end, and fails the test unless all three are zero. */
export function finish({ task }: TestContext, report: Report): void {
  task.meta.report = report;
  console.log(`${task.name}: ${sentence(report)}`);
  const { lost, doubled, disordered } = report;
  expect({ lost, doubled, disordered }).toEqual({ lost: 0, doubled: 0, disordered: 0 });
}
