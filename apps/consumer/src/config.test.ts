import { ConfigError, readConfig } from '@hello/service';
import { describe, expect, it } from 'vitest';
import { checkConsumerSettings, consumerSettings } from './config.ts';

const tls = { TLS_CERT: 'tls.crt', TLS_KEY: 'tls.key' };
const accounts = { ACCOUNTS_FILE: 'accounts.json', SESSION_KEYS_FILE: 'keys.json', METRICS_PORT: '9090' };

const read = (env: Record<string, string>) => readConfig(consumerSettings, env, { check: checkConsumerSettings });

describe('checkConsumerSettings', () => {
  it.each([
    ['neither TLS nor accounts', {}],
    ['TLS alone', tls],
    ['TLS and accounts', { ...tls, ...accounts }],
    ['accounts behind a proxy that ends TLS', { ...accounts, TRUSTED_PROXIES: '10.0.0.7' }],
    ['accounts below a path', { ...tls, ...accounts, PUBLIC_URL: '/hello/' }],
  ])('takes %s', (_, env) => {
    expect(() => read(env)).not.toThrow();
  });

  it.each([
    ['a certificate without its key', { TLS_CERT: 'tls.crt' }, ['TLS_KEY is required when TLS_CERT is set']],
    ['a key without its certificate', { TLS_KEY: 'tls.key' }, ['TLS_CERT is required when TLS_KEY is set']],
    [
      'accounts without keys for sessions',
      { ...tls, ACCOUNTS_FILE: 'accounts.json', METRICS_PORT: '9090' },
      ['SESSION_KEYS_FILE is required when ACCOUNTS_FILE is set'],
    ],
    [
      'keys for sessions without accounts, which would show everything to everyone',
      { ...tls, SESSION_KEYS_FILE: 'keys.json' },
      ['ACCOUNTS_FILE is required when SESSION_KEYS_FILE is set'],
    ],
    [
      'accounts with metrics for everyone',
      { ...tls, ACCOUNTS_FILE: 'accounts.json', SESSION_KEYS_FILE: 'keys.json' },
      ['METRICS_PORT is required when ACCOUNTS_FILE is set: metrics name topics'],
    ],
    [
      'accounts without TLS',
      accounts,
      [
        'TLS_CERT is required when ACCOUNTS_FILE is set: passwords must not travel in the clear; or TRUSTED_PROXIES, of one that ends TLS',
      ],
    ],
    [
      'accounts on a page in the clear',
      { ...accounts, TRUSTED_PROXIES: '10.0.0.7', PUBLIC_URL: 'http://example.org' },
      ['PUBLIC_URL must be https when ACCOUNTS_FILE is set: browsers keep no session otherwise'],
    ],
  ])('refuses %s', (_, env, problems) => {
    expect(() => read(env)).toThrow(new ConfigError(problems.join('\n')));
  });
});
