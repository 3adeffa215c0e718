// Imports nothing that is large: the sooner this is loaded, the sooner a signal ends the process well.
import type { Logger } from 'pino';
import { StartError } from './start-error.ts';

/** What runs until it is closed. */
export interface Service {
  logger: Logger;
  /** Ends everything in order. Takes little more than a second, whatever hangs. */
  close(): Promise<void>;
  /** Rejects when the service cannot go on by itself, so that the process must end. Never resolves. */
  failed?: Promise<never>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const FAILURES = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * The life of a process: start the service, close it on SIGINT, SIGTERM or SIGHUP, and exit with 0; with 1 when it
 * fails. What the user can mend is said in plain lines on standard error, without a stack.
 */
export async function run(start: () => Promise<Service>): Promise<void> {
  let service: Service | undefined;
  let isEnding = false;
  const sayError = (error: unknown): void => (service ? service.logger.fatal(error) : console.error(error));
  const end = async (exitCode: number): Promise<void> => {
    // A signal often comes twice: of a Ctrl-C, the terminal tells npm and the service, and npm tells the service again.
    if (isEnding) return;
    isEnding = true;
    try {
      await service?.close();
    } catch (error) {
      sayError(error);
      process.exit(1);
    }
    process.exit(exitCode);
  };
  const fail = (error: unknown): void => {
    sayError(error);
    void end(1);
  };
  // Before the start, so that a signal ends the process well at any moment.
  for (const signal of SIGNALS) process.on(signal, () => void end(0));
  for (const failure of FAILURES) process.on(failure, fail);
  // Who took what it says is gone, as `head` when it has its lines. To say so would fail again, and so on without end.
  process.stdout.on('error', () => void end(0));
  try {
    service = await start();
  } catch (error) {
    console.error(whatToMend(error) ?? error);
    process.exit(1);
  }
  service.failed?.catch(fail);
}

/** What the user can mend, in words; nothing where that is not known. */
function whatToMend(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND') return `${message}. Run "npm ci", which installs what is missing.`;
  return error instanceof StartError ? message : undefined;
}
