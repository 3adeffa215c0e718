import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { ConfigError } from './config.ts';

/** A reason not to start that the user can mend; its message says how. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

/** What runs until it is closed. */
export interface Service {
  logger: Logger;
  /** Ends everything in order and resolves when nothing is left open. */
  close(): Promise<void>;
  /** Rejects when the service cannot go on by itself, so that the process must end. Never resolves. */
  failed?: Promise<never>;
}

/** Time that a service has to close, in milliseconds. Kubernetes kills after 30 s. */
const CLOSE_MS = 10_000;

/**
 * The life of a process: start the service, close it on SIGINT or SIGTERM, and exit with 1 when it fails.
 * What the user can mend is said in plain lines on standard error, without a stack.
 */
export async function run(start: () => Promise<Service>): Promise<void> {
  let service: Service | undefined;
  const sayError = (error: unknown): void => (service ? service.logger.fatal(error) : console.error(error));
  // Before the start, so that a signal ends the process well at any moment.
  closeWithGrace({ delay: CLOSE_MS, logger: { error: sayError } }, async ({ err }) => {
    if (err) sayError(err);
    await service?.close();
  });
  try {
    service = await start();
  } catch (error) {
    const mendable = error instanceof ConfigError || error instanceof StartError;
    console.error(mendable ? error.message : error);
    process.exit(1);
  }
  // close-with-grace treats an unhandled rejection as a failure: it closes and exits with 1.
  void service.failed?.catch((error: Error) => Promise.reject(error));
}
