import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { StartError } from './start-error.ts';

/** Environment variable -> what it may hold. */
export type Settings = Record<string, z.ZodType>;

export type Config<S extends Settings> = z.infer<z.ZodObject<S>>;

/** Looks at a whole configuration and answers with `[variable, what is wrong]` for what does not fit together. */
export type Check<C> = (config: C) => [variable: string, problem: string][];

/** What is wrong with the configuration, a line for each variable. */
export class ConfigError extends StartError {
  override readonly name = 'ConfigError';
}

type Environment = Record<string, string | undefined>;

/** What Kubernetes sets for each Service of a namespace, such as KAFKA_PORT_9092_TCP_ADDR. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP)\w*)?)$/;
const SECRET = /PASSWORD|SECRET|OTLP_HEADERS/;
/** Of an address that has a password in it. */
const CREDENTIALS = /:\/\/[^/]*@/;
/** What has been pasted where the path of a file with it belongs. */
const PASTED_KEY = /PRIVATE KEY/;

/**
 * Reads a configuration from environment variables. A variable that is set to nothing counts as not set.
 *
 * @param warn is told, in a sentence, of each variable that looks like a misspelt setting.
 * @throws {ConfigError} that names every variable with a missing or wrong value.
 */
export function readConfig<S extends Settings>(
  settings: S,
  env: Environment,
  { check = () => [], warn = () => {} }: { check?: Check<Config<S>>; warn?: (sentence: string) => void } = {},
): Config<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const misspelt = misspellings(Object.keys(settings), Object.keys(given));
  const result = z.object(settings).safeParse(given);
  if (!result.success) {
    const wrong = new Set(result.error.issues.map((issue) => describe(issue, given)));
    throw new ConfigError([...wrong, ...misspelt].join('\n'));
  }
  const problems = check(result.data).map(([variable, problem]) => `${variable} ${problem}`);
  if (problems.length > 0) throw new ConfigError([...problems, ...misspelt].join('\n'));
  for (const sentence of misspelt) warn(sentence);
  return result.data;
}

function describe(issue: z.core.$ZodIssue, given: Environment): string {
  const variable = String(issue.path[0]);
  const value = given[variable];
  if (value === undefined) return `${variable} is required`;
  const secret = SECRET.test(variable) || [CREDENTIALS, PASTED_KEY].some((pattern) => pattern.test(value));
  return `${variable}: ${issue.message}, but it is ${secret ? 'something else' : JSON.stringify(value)}`;
}

function misspellings(known: string[], given: string[]): string[] {
  const strangers = given.filter((name) => !known.includes(name) && !SERVICE_LINK.test(name));
  return strangers.flatMap((name) => {
    const nearest = closest(name, known);
    // One that is set by its right name, too, was not misspelt.
    const near = distance(name, nearest) <= tolerance(name) && !given.includes(nearest);
    if (near) return [`${name} is not a setting: did you mean ${nearest}?`];
    return name.startsWith('KAFKA_') ? [`${name} is not a setting of this service; it is ignored`] : [];
  });
}

/** How many letters may be wrong in a misspelt name. Short names are near each other by chance: HOME is not HOST. */
function tolerance(name: string): number {
  return name.includes('_') ? 2 : 1;
}
