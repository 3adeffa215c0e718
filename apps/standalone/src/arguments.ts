import { StartError } from '@hello/service';
import { parseArgs } from 'node:util';

export const USAGE = 'usage: npm start [-- --fresh]\n  --fresh  forget every message that was kept and start anew';

/**
 * Reads the command line. npm keeps an option for itself when it comes without `--` before it, and hands it on as an
 * environment variable.
 *
 * @throws {StartError} with the usage when it is not understood.
 */
export function readArguments(args: string[], env: NodeJS.ProcessEnv): { fresh: boolean } {
  try {
    const { fresh } = parseArgs({ args, options: { fresh: { type: 'boolean', default: false } } }).values;
    return { fresh: fresh || env.npm_config_fresh === 'true' };
  } catch (error) {
    // What follows the first sentence is about positional arguments, which there are none of.
    const [problem] = (error as Error).message.split('. ');
    throw new StartError(`${problem}\n${USAGE}`, { cause: error });
  }
}
