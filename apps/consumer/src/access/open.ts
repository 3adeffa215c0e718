import { type ServiceContext, WatchedFiles } from '@hello/service';
import type { ConsumerConfig } from '../config.ts';
import { Access } from './access.ts';
import { Accounts } from './accounts.ts';
import { accessMetrics, type AccessMetrics } from './metrics.ts';
import { parseSessionKeys } from './session-keys.ts';
import { Sessions } from './sessions.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What signing in takes, where there are accounts. */
export interface SignIn {
  accounts: Accounts;
  sessions: Sessions;
  metrics: AccessMetrics;
  close(): void;
}

/**
 * Who may see what, as the configuration says.
 *
 * @throws {StartError} when a file of accounts or keys cannot be read, or is wrong.
 */
export function openAccess(
  config: ConsumerConfig,
  { logger, registry }: ServiceContext,
): { access: Access; signIn?: SignIn } {
  const { TOPICS: topics, ACCOUNTS_FILE: accountsFile, SESSION_KEYS_FILE: keysFile } = config;
  if (accountsFile === undefined || keysFile === undefined) return { access: new Access({ topics }) };
  const accounts = new Accounts(accountsFile, logger);
  const keys = new WatchedFiles({
    setting: 'SESSION_KEYS_FILE',
    paths: [keysFile],
    parse: ([text]) => parseSessionKeys(text!),
    logger,
  });
  const sessions = new Sessions({
    environment: config.ENVIRONMENT,
    basePath: config.PUBLIC_URL?.basePath,
    keys: () => keys.value,
    idleMs: config.SESSION_IDLE_MINUTES * MINUTE_MS,
    maxMs: config.SESSION_MAX_HOURS * HOUR_MS,
  });
  const close = () => {
    accounts.close();
    keys.close();
  };
  const metrics = accessMetrics(registry, () => accounts.digest);
  return { access: new Access({ topics, accounts, sessions }), signIn: { accounts, sessions, metrics, close } };
}
