import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Check, ConfigError, readConfig, type Settings } from './config.ts';
import { integer, list, serviceSettings } from './settings.ts';

const settings = {
  ...serviceSettings(8001),
  TOPIC_PARTITIONS: integer(1, 100).default(1),
  KAFKA_BROKERS: z.string(),
  KAFKA_SASL_PASSWORD: z.string().min(8, 'expected 8 characters or more').optional(),
  KAFKA_SSL_KEY: z.string().max(20, 'expected a path').optional(),
};

const misfit: Check<object> = () => [['PORT', 'must be odd']];

/** What is wrong with the variables, line by line. */
function problems(env: Record<string, string | undefined>, of: Settings = settings, check?: Check<object>): string[] {
  try {
    readConfig(of, env, { check });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

/** What is warned of, though the configuration is good. */
function warnings(env: Record<string, string>, of: Settings = settings): string[] {
  const sentences: string[] = [];
  readConfig(of, { KAFKA_BROKERS: 'localhost:9092', ...env }, { warn: (sentence) => sentences.push(sentence) });
  return sentences;
}

describe('readConfig', () => {
  it('reads what is set and takes the defaults for the rest', () => {
    expect(readConfig(settings, { PORT: '80', KAFKA_BROKERS: 'kafka:9092', HOME: '/root' })).toEqual({
      HOST: '127.0.0.1',
      PORT: 80,
      LOG_LEVEL: 'info',
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_TRACES_SAMPLER_ARG: 1,
      TOPIC_PARTITIONS: 1,
      KAFKA_BROKERS: 'kafka:9092',
    });
  });

  it('takes a variable that is set to nothing for one that is not set', () => {
    expect(readConfig(settings, { PORT: '', KAFKA_BROKERS: 'kafka:9092' }).PORT).toBe(8001);
    expect(problems({ KAFKA_BROKERS: '' })).toEqual(['KAFKA_BROKERS is required']);
    expect(problems({ KAFKA_BROKERS: undefined })).toEqual(['KAFKA_BROKERS is required']);
  });

  it('names the variable, what is expected and what it is', () => {
    expect(problems({ KAFKA_BROKERS: 'a', PORT: 'abc' })).toEqual([
      'PORT: expected a whole number from 0 to 65535, but it is "abc"',
    ]);
  });

  it('names every wrong variable, each on a line of its own', () => {
    expect(problems({ PORT: '65536', LOG_LEVEL: 'loud\nand clear' })).toEqual([
      'PORT: expected a whole number from 0 to 65535, but it is "65536"',
      'LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent, but it is "loud\\nand clear"',
      'KAFKA_BROKERS is required',
    ]);
  });

  it('never shows a secret', () => {
    expect(problems({ KAFKA_BROKERS: 'a', KAFKA_SASL_PASSWORD: 'hunter2' })).toEqual([
      'KAFKA_SASL_PASSWORD: expected 8 characters or more, but it is something else',
    ]);
    expect(problems({ KAFKA_BROKERS: 'a', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:hunter2@a?b' })).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT: expected an address such as http://localhost:4318, but it is something else',
    ]);
    const pasted = '-----BEGIN PRIVATE KEY-----\nMIIE';
    expect(problems({ KAFKA_BROKERS: 'a', KAFKA_SSL_KEY: pasted })).toEqual([
      'KAFKA_SSL_KEY: expected a path, but it is something else',
    ]);
  });

  it('says once what is wrong with several values of one variable', () => {
    const lists = { TOPICS: list(z.string().regex(/^\w+$/, 'expected words')) };
    expect(problems({ TOPICS: 'a b,c d' }, lists)).toEqual(['TOPICS: expected words, but it is "a b,c d"']);
  });

  it('says all that does not fit together', () => {
    const check: Check<object> = () => [...misfit({}), ['HOST', 'must be even']];
    expect(problems({ KAFKA_BROKERS: 'a' }, settings, check)).toEqual(['PORT must be odd', 'HOST must be even']);
  });

  it('says what does not fit together', () => {
    expect(problems({ KAFKA_BROKERS: 'a' }, settings, misfit)).toEqual(['PORT must be odd']);
  });

  describe('looks for misspellings', () => {
    it.each([
      ['KAFKA_BROKER', 'KAFKA_BROKERS'],
      ['KAFAK_BROKERS', 'KAFKA_BROKERS'],
      ['KAFKA_BOOTSTRAP', undefined],
      ['TOPIC_PARTITION', 'TOPIC_PARTITIONS'],
      ['LOGLEVEL', 'LOG_LEVEL'],
      ['LOG-LEVEL', 'LOG_LEVEL'],
      ['PORTS', 'PORT'],
    ])('and reports %s', (name, meant) => {
      const ending = meant ? `: did you mean ${meant}?` : ' of this service; it is ignored';
      const { KAFKA_BROKERS, ...rest } = settings;
      const known = { ...rest, KAFKA_BROKERS: KAFKA_BROKERS.optional() };
      const sentences: string[] = [];
      readConfig(known, { [name]: 'x' }, { warn: (sentence) => sentences.push(sentence) });
      expect(sentences).toEqual([`${name} is not a setting${ending}`]);
    });

    it('and names them with what is wrong, as they may be the reason', () => {
      expect(problems({ KAFKA_BROKER: 'a' })).toEqual([
        'KAFKA_BROKERS is required',
        'KAFKA_BROKER is not a setting: did you mean KAFKA_BROKERS?',
      ]);
      expect(problems({ KAFKA_BROKERS: 'a', KAFKA_SASL_PASSWORT: 'b' }, settings, misfit)).toEqual([
        'PORT must be odd',
        'KAFKA_SASL_PASSWORT is not a setting: did you mean KAFKA_SASL_PASSWORD?',
      ]);
    });

    it('and reports what is for Kafka where there is none', () => {
      expect(warnings({ KAFKA_BROKERS: 'kafka:9092' }, serviceSettings(8001))).toEqual([
        'KAFKA_BROKERS is not a setting of this service; it is ignored',
      ]);
    });

    it.each([
      ['what Kubernetes sets for each Service', 'KAFKA_SERVICE_HOST'],
      ['what Kubernetes sets for each Service', 'KAFKA_SERVICE_PORT'],
      ['what Kubernetes sets for each Service', 'KAFKA_SERVICE_PORT_TCP_CLIENT'],
      ['what Kubernetes sets for each Service', 'KAFKA_PORT'],
      ['what Kubernetes sets for each Service', 'KAFKA_PORT_9092_TCP'],
      ['what Kubernetes sets for each Service', 'KAFKA_PORT_9092_TCP_ADDR'],
      ['what every machine has', 'HOME'],
      ['what every machine has', 'HOSTNAME'],
      ['what every machine has', 'LC_ALL'],
      ['what every machine has', '_'],
    ])('but not in %s: %s', (_, name) => {
      expect(warnings({ [name]: 'x' })).toEqual([]);
    });

    it.each([
      ['TOPIC_PARTITI', []],
      ['TOPIC_PARTITIO', [expect.stringContaining('did you mean TOPIC_PARTITIONS?')]],
      ['HORST', [expect.stringContaining('did you mean HOST?')]],
      ['HORSTS', []],
    ])('but not too far away: %s', (name, expected) => {
      expect(warnings({ [name]: 'x' })).toEqual(expected);
    });

    it('but not where the right name is set, too', () => {
      expect(warnings({ TOPIC_PARTITION: '1', TOPIC_PARTITIONS: '2' })).toEqual([]);
    });
  });
});
