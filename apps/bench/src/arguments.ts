import { parseArgs } from 'node:util';

export const SUITES = ['fanout', 'crowd', 'ingest', 'history', 'fairness', 'way', 'start', 'page'] as const;
export type SuiteName = (typeof SUITES)[number];

export const USAGE = `usage: npm run bench [-- [${SUITES.join('|')}]... [--quick] [--peers NAME,NAME] [--profile]]
  --quick    the short form, about five minutes for all suites
  --peers    of fanout: only these, such as ours,ws
  --profile  of fanout: write CPU profiles of our server to apps/bench/results/profiles`;

export interface BenchArguments {
  suites: SuiteName[];
  quick: boolean;
  profile: boolean;
  peers: string[] | undefined;
  help: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {TypeError} that says what is not understood.
 */
export function readArguments(args: string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      peers: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const unknown = positionals.find((name) => !isSuite(name));
  if (unknown !== undefined) throw new TypeError(`there is no suite ${unknown}`);
  const { peers, ...flags } = values;
  const suites = positionals.length > 0 ? SUITES.filter((name) => positionals.includes(name)) : [...SUITES];
  return { ...flags, suites, peers: peers?.split(',') };
}

function isSuite(name: string): name is SuiteName {
  return (SUITES as readonly string[]).includes(name);
}
