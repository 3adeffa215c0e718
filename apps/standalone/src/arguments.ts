import { StartError } from '@hello/service';
import { parseArgs } from 'node:util';

const USAGE = 'usage: npm start [-- --fresh]\n  --fresh  forget every message that was kept and start anew';

/**
 * Reads the command line.
 *
 * @throws {StartError} with the usage when it is not understood, or when --help asks for it.
 */
export function readArguments(args: string[]): { fresh: boolean } {
  try {
    const { fresh, help } = parseArgs({
      args,
      options: { fresh: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    }).values;
    if (!help) return { fresh };
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${USAGE}`);
  }
  throw new StartError(USAGE);
}
