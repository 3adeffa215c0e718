import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceContext } from './app.ts';
import { type Check, type Config, readConfig, type Settings } from './config.ts';
import { createLogger } from './logger.ts';
import { createRegistry } from './metrics.ts';
import type { Service } from './run.ts';
import type { ServiceSettings } from './settings.ts';
import { startTraces, withoutUnusedTraces } from './traces.ts';

/**
 * Time for all parts to end, in milliseconds: also on a busy machine, a process is to be gone 2 s after it was told to.
 */
const CLOSE_MS = 1_200;
/** The same when the start failed: what is wrong must not be said late because of what hangs. */
const CLOSE_FAILED_START_MS = 200;

/**
 * Says how a part that was just started ends, and what it is called in the log. Parts end in the reverse of their
 * order.
 */
export type OnClose = (part: string, close: () => unknown) => void;

interface StartServiceOptions<S extends Settings> {
  name: string;
  settings: S;
  env: NodeJS.ProcessEnv;
  check: Check<Config<S>>;
  /** Starts the parts. When it rejects, those that were started are ended. */
  start: (config: Config<S>, context: ServiceContext, onClose: OnClose) => Promise<{ failed?: Promise<never> }>;
}

/**
 * Starts a service as the environment variables say: its configuration, its log and metrics, and then its parts.
 *
 * @throws {ConfigError} when a variable is missing or wrong.
 */
export async function startService<S extends Settings & ServiceSettings>({
  name,
  settings,
  env,
  check,
  start,
}: StartServiceOptions<S>): Promise<Service> {
  const misspelt: string[] = [];
  const used = withoutUnusedTraces(env, settings);
  const config = readConfig(settings, used, { check, warn: (sentence) => misspelt.push(sentence) });
  const common = config as Config<ServiceSettings>;
  const { LOG_LEVEL: level } = common;
  const logger = createLogger({ name, level });
  for (const sentence of misspelt) logger.warn(sentence);

  const parts = new AsyncDisposableStack();
  let ending = '';
  const onClose: OnClose = (part, close) =>
    parts.defer(async () => {
      ending = part;
      await close();
    });
  /** @returns the part that did not end in time, if one did not. */
  const closeWithin = (ms: number): Promise<string | void> =>
    Promise.race([parts.disposeAsync(), sleep(ms).then(() => ending)]);

  try {
    // First, so that it ends last and sends what the other parts had to record.
    const traces = await startTraces({ name, config: common, logger });
    if (traces) onClose('traces', () => traces.close());
    const context = { name, logger, registry: createRegistry(), recordSpan: traces?.record };
    const { failed } = await start(config, context, onClose);
    return {
      logger,
      failed,
      async close() {
        const late = await closeWithin(CLOSE_MS);
        if (late) logger.warn({ part: late }, 'did not end in time and is left as it is');
      },
    };
  } catch (error) {
    await closeWithin(CLOSE_FAILED_START_MS);
    throw error;
  }
}
