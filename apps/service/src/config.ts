import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';

/** Environment variable -> what it may hold. */
export type Settings = Record<string, z.ZodType>;

export type Config<S extends Settings> = z.infer<z.ZodObject<S>>;

/** Looks at a whole configuration and answers with `[variable, what is wrong]` for what does not fit together. */
export type Check<C> = (config: C) => [variable: string, problem: string][];

/** What is wrong with the configuration, a line for each variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Record<string, string | undefined>;

/** What Kubernetes sets for each Service of a namespace, such as KAFKA_PORT_9092_TCP_ADDR. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP)\w*)?)$/;
const SECRET = /PASSWORD|SECRET/;
/** Two names that differ in so many letters may be one name, misspelt. */
const MISSPELLING = 2;

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
    throw new ConfigError([...result.error.issues.map((issue) => describe(issue, given)), ...misspelt].join('\n'));
  }
  const problems = check(result.data).map(([variable, problem]) => `${variable} ${problem}`);
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  for (const sentence of misspelt) warn(sentence);
  return result.data;
}

function describe(issue: z.core.$ZodIssue, given: Environment): string {
  const variable = String(issue.path[0]);
  const value = given[variable];
  if (value === undefined) return `${variable} is required`;
  const shown = SECRET.test(variable) ? 'its value' : JSON.stringify(value);
  return `${variable}: ${issue.message}, but it is ${shown}`;
}

function misspellings(known: string[], given: string[]): string[] {
  const strangers = given.filter((name) => !known.includes(name) && name.includes('_') && !SERVICE_LINK.test(name));
  return strangers.flatMap((name) => {
    const nearest = closest(name, known);
    const near = distance(name, nearest) <= MISSPELLING;
    if (!near && !name.startsWith('KAFKA_')) return [];
    if (!known.some((setting) => setting.startsWith('KAFKA_')) && !near) return [];
    return [`${name} is not a setting${near ? `: did you mean ${nearest}?` : ' of this service; it is ignored'}`];
  });
}
