import type { Goal } from '../goal.ts';

/** How a suite is to run. */
export interface SuiteOptions {
  /** The short form, for CI. */
  quick: boolean;
  /** Write profiles of our processes to this folder. */
  profile: string | undefined;
  /** Names of the peers to measure; all of them if missing. */
  peers: string[] | undefined;
  /** Told what is being measured. */
  say: (line: string) => void;
}

/** What a suite measured. */
export interface SuiteResult {
  columns: string[];
  rows: string[][];
  goals: Goal[];
  /** What could not be measured here, and why. */
  missing: string[];
  /** A picture of it as SVG, with a line below it. */
  plot?: (footer: string) => string;
  /** Every single measurement. */
  raw: object[];
}
