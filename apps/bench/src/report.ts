import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Goal } from './goal.ts';
import type { Machine } from './machine.ts';

/** Where the last results of everything that measures are kept on this machine. */
export const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

/** What was measured in one go: a table, and what was to be reached. */
export interface Report {
  machine: Machine;
  seconds: number;
  columns: string[];
  rows: string[][];
  goals: Goal[];
  /** What could not be measured, and why. */
  missing: string[];
}

/** Keeps a report until the next one of this name. Only what ran as a whole is to be kept. */
export function keepReport(name: string, report: Report): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
}
