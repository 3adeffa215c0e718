import type { Goal } from '../goal.ts';

/** How a suite is to run. */
export interface SuiteOptions {
  /** The short form, for CI. */
  quick: boolean;
  /** Write profiles of our processes to this folder. */
  profile: string | undefined;
  /** Names of the peers to measure; all of them if missing. */
  peers: string[] | undefined;
  /** The machine and the date, for pictures. */
  where: string;
}

/** A table with what it is about. */
export interface NamedTable {
  title: string;
  columns: string[];
  rows: string[][];
}

/** What a suite measured. */
export interface SuiteResult {
  columns: string[];
  rows: string[][];
  /** Tables beside it. */
  more?: NamedTable[];
  goals: Goal[];
  /** What could not be measured here, and why. */
  missing: string[];
  /** A picture of it. */
  svg?: string;
  /** Every single measurement. */
  raw: object[];
}

/** What the process of a suite answers to. */
export interface SuiteCalls extends Record<string, (argument: never) => unknown> {
  run(options: SuiteOptions): Promise<SuiteResult>;
}
