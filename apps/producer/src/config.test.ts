import { ConfigError, readConfig } from '@hello/service';
import { describe, expect, it } from 'vitest';
import { broadcastSettings, checkBroadcastSettings } from './config.ts';

const read = (env: Record<string, string>) => readConfig(broadcastSettings, env, { check: checkBroadcastSettings });

describe('broadcastSettings', () => {
  it('say Hello world to hello-world every 1 to 10 seconds when nothing is set', () => {
    expect(read({})).toEqual({
      ENVIRONMENT: 'local',
      TEXT: 'Hello world',
      TOPIC: 'hello-world',
      WAIT_MIN_SECONDS: 1,
      WAIT_MAX_SECONDS: 10,
      TOPIC_PARTITIONS: 1,
      TOPIC_REPLICATION: 1,
      TOPIC_RETENTION_HOURS: 168,
      TOPIC_RETENTION_MIB: 256,
      OUTBOX_LIMIT: 10_000,
    });
  });

  it('take fractions of a second', () => {
    expect(read({ WAIT_MIN_SECONDS: '0.001', WAIT_MAX_SECONDS: '0.5' })).toMatchObject({
      WAIT_MIN_SECONDS: 0.001,
      WAIT_MAX_SECONDS: 0.5,
    });
  });

  it('take the same lower and upper bound', () => {
    expect(read({ WAIT_MIN_SECONDS: '3', WAIT_MAX_SECONDS: '3' })).toMatchObject({ WAIT_MIN_SECONDS: 3 });
  });

  it('refuse a lower bound that is above the upper one', () => {
    expect(() => read({ WAIT_MIN_SECONDS: '11' })).toThrow(
      new ConfigError('WAIT_MIN_SECONDS must not be above WAIT_MAX_SECONDS, but 11 is above 10'),
    );
  });

  it.each([
    ['WAIT_MIN_SECONDS', '0.001', '0.0009'],
    ['WAIT_MAX_SECONDS', '86400', '86400.1'],
    ['TOPIC_PARTITIONS', '1', '0'],
    ['TOPIC_PARTITIONS', '1000', '1001'],
    ['TOPIC_REPLICATION', '32767', '32768'],
    ['TOPIC_RETENTION_HOURS', '-1', '-2'],
    ['TOPIC_RETENTION_HOURS', '0', '0.5'],
    ['TOPIC_RETENTION_HOURS', '1000000', '1000001'],
    ['OUTBOX_LIMIT', '1', '0'],
    ['OUTBOX_LIMIT', '1000000', '1000001'],
  ])('take %s=%s, but not %s', (variable, allowed, beyond) => {
    expect(read({ [variable]: allowed })).toMatchObject({ [variable]: Number(allowed) });
    expect(() => read({ [variable]: beyond })).toThrow(variable);
  });

  it.each([
    ['TOPIC', 'hello world'],
    ['TOPIC', '..'],
    ['WAIT_MIN_SECONDS', '0'],
    ['WAIT_MAX_SECONDS', '-1'],
    ['TOPIC_PARTITIONS', '1.5'],
    ['TOPIC_REPLICATION', '0'],
    ['TOPIC_RETENTION_HOURS', '-2'],
    ['TOPIC_RETENTION_MIB', '-2'],
    ['OUTBOX_LIMIT', '0'],
    ['ENVIRONMENT', 'x'.repeat(101)],
    ['TEXT', 'x'.repeat(1_001)],
  ])('refuse %s=%s', (variable, value) => {
    expect(() => read({ [variable]: value })).toThrow(new RegExp(`^${variable}: .*expected .* but it is "${value}"$`));
  });
});
