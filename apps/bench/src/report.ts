import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Code } from './code.ts';
import type { Goal } from './goal.ts';
import type { Machine } from './machine.ts';
import type { BarPlot } from './plot.ts';

/** Where the last results of everything that measures are kept on this machine. */
export const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

/** A table with what it is about. */
export interface NamedTable {
  title: string;
  columns: string[];
  rows: string[][];
}

/** What was measured. */
export interface Findings {
  columns: string[];
  rows: string[][];
  /** Tables beside it. */
  more?: NamedTable[];
  goals: Goal[];
  /** What could not be measured here, and why. */
  missing: string[];
  /** A picture of it. */
  plot?: BarPlot;
}

/** What was measured, on what, when and of which code. */
export interface Report extends Findings {
  machine: Machine;
  /** How long that took; missing in reports of before it was noted. */
  seconds?: number;
  code: Code;
}

/** The last report of this name, from where those of this machine are kept or from another folder. */
export function readReport(name: string, folder = RESULTS): Report | undefined {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
}

/** Keeps a report until the next one of this name. Only what ran as a whole is to be kept. */
export function keepReport(name: string, report: Report): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(report, undefined, 1)}\n`);
}
