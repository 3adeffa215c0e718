import type { Findings } from '../report.ts';

/** How a suite is to run. */
export interface SuiteOptions {
  /** The short form, for CI. */
  quick: boolean;
  /** Write profiles of our processes to this folder. */
  profile: string | undefined;
  /** Names of the peers to measure; all of them if missing. */
  peers: string[] | undefined;
}

/** What a suite measured. */
export interface SuiteResult extends Findings {
  /** Every single measurement. */
  raw: object[];
}

/** What the process of a suite answers to. */
export interface SuiteCalls extends Record<string, (argument: never) => unknown> {
  run(options: SuiteOptions): Promise<SuiteResult>;
}
