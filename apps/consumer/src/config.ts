import { topicName } from '@hello/broadcasts';
import { decimal, integer, list, proxyAddress, text } from '@hello/service';
import { z } from 'zod';
import { publicUrl } from './public-url.ts';

/** What the consumer shows, and how much it keeps. */
export const consumerSettings = {
  ENVIRONMENT: text(100).default('local'),
  BANNER: text(200).default('Hello World!'),
  TOPICS: list(topicName).default(['hello-world']),
  HISTORY_MAX_HOURS: decimal(0.001, 1_000_000).default(168),
  HISTORY_MAX_ROWS: integer(1, 100_000_000).default(1_000_000),
  HISTORY_MAX_MIB: integer(1, 1_000_000).default(512),
  WATCHDOG_SECONDS: decimal(1, 86_400).default(60),
  PAGE_DIR: z.string().optional(),
  PUBLIC_URL: publicUrl.optional(),
  TRUSTED_PROXIES: list(proxyAddress).optional(),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  ACCOUNTS_FILE: z.string().optional(),
  SESSION_KEYS_FILE: z.string().optional(),
  SESSION_IDLE_MINUTES: decimal(0.05, 1440).default(30),
  SESSION_MAX_HOURS: decimal(0.01, 720).default(12),
  CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000).default(20_000),
  CONNECTIONS_PER_ACCOUNT: integer(1, 1_000_000).default(50),
  METRICS_PORT: integer(0, 65_535).optional(),
};

export type ConsumerConfig = z.infer<z.ZodObject<typeof consumerSettings>>;

/** What does not fit together: a list of `[variable, what is wrong]`. */
export function checkConsumerSettings(config: ConsumerConfig): [variable: string, problem: string][] {
  const problems: [string, string][] = [];
  const needs = (a: keyof ConsumerConfig, b: keyof ConsumerConfig, why: string) => {
    if (config[a] !== undefined && config[b] === undefined) problems.push([b, `is required when ${a} is set${why}`]);
  };
  needs('TLS_CERT', 'TLS_KEY', '');
  needs('TLS_KEY', 'TLS_CERT', '');
  needs('ACCOUNTS_FILE', 'SESSION_KEYS_FILE', '');
  needs('SESSION_KEYS_FILE', 'ACCOUNTS_FILE', '');
  if (config.TRUSTED_PROXIES === undefined)
    needs(
      'ACCOUNTS_FILE',
      'TLS_CERT',
      ': passwords must not travel in the clear; or TRUSTED_PROXIES, of one that ends TLS',
    );
  needs('ACCOUNTS_FILE', 'METRICS_PORT', ': metrics name topics');
  if (config.ACCOUNTS_FILE !== undefined && config.PUBLIC_URL?.origin?.startsWith('http:'))
    problems.push(['PUBLIC_URL', 'must be https when ACCOUNTS_FILE is set: browsers keep no session otherwise']);
  return problems;
}
