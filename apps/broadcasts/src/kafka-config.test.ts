import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { checkKafkaConfig, kafkaSettings, toKafkaJs } from './kafka-config.ts';

const [CA, CERTIFICATE] = rootCertificates as [string, string];
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const PROTECTED_KEY = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
  .toString();

const BROKERS = { KAFKA_BROKERS: 'kafka:9092' };

const read = (env: Record<string, string>) => z.object(kafkaSettings).safeParse({ ...BROKERS, ...env });
const config = (env: Record<string, string>) => read(env).data!;
const problems = (env: Record<string, string>): string[] =>
  read(env).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const misfits = (env: Record<string, string>): string[] =>
  checkKafkaConfig(config(env)).map(([variable, problem]) => `${variable} ${problem}`);

/** A file with this text, for as long as the test runs. */
function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file.pem');
  writeFileSync(file, text);
  return file;
}

describe('kafkaSettings', () => {
  it('need the brokers only', () => {
    expect(config({})).toEqual({
      KAFKA_BROKERS: ['kafka:9092'],
      KAFKA_SSL: false,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
    });
  });

  it('take several brokers', () => {
    expect(config({ KAFKA_BROKERS: 'a:9092, b.example.com:1 ,10.0.0.1:65535' }).KAFKA_BROKERS).toEqual([
      'a:9092',
      'b.example.com:1',
      '10.0.0.1:65535',
    ]);
  });

  it.each(['kafka', 'kafka:', ':9092', 'kafka:port', 'kafka:65536', 'http://kafka:9092', 'a:1,,b:2', 'a:1 b:2', ''])(
    'refuse the brokers %j',
    (brokers) => {
      expect(problems({ KAFKA_BROKERS: brokers })).toEqual([
        'KAFKA_BROKERS: expected host:port, or several separated by commas',
      ]);
    },
  );

  it.each(['yes', '1', 'TRUE '])('refuse KAFKA_SSL=%s', (value) => {
    expect(problems({ KAFKA_SSL: value })).toEqual(['KAFKA_SSL: expected true or false']);
  });

  it('refuse an unknown mechanism and say which there are', () => {
    expect(problems({ KAFKA_SASL_MECHANISM: 'gssapi' })).toEqual([
      expect.stringMatching(/^KAFKA_SASL_MECHANISM: .*plain.*scram-sha-256.*scram-sha-512/),
    ]);
  });

  it('read the files that they are told of', () => {
    expect(config({ KAFKA_SSL_CA: fileWith(CA) }).KAFKA_SSL_CA).toBe(CA);
  });

  it.each(['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'])('refuse a file that cannot be read: %s', (variable) => {
    expect(problems({ [variable]: '/no/such/file' })).toEqual([
      `${variable}: expected the path of a file that can be read (ENOENT)`,
    ]);
    expect(problems({ [variable]: tmpdir() })).toEqual([
      `${variable}: expected the path of a file that can be read (EISDIR)`,
    ]);
  });

  it.each([
    ['KAFKA_SSL_CA', 'not a certificate', 'a certificate'],
    ['KAFKA_SSL_CA', KEY, 'a certificate'],
    ['KAFKA_SSL_CERT', '', 'a certificate'],
    ['KAFKA_SSL_KEY', CERTIFICATE, 'a private key that no passphrase protects'],
    ['KAFKA_SSL_KEY', PROTECTED_KEY, 'a private key that no passphrase protects'],
  ])('refuse a file with something else (%#): %s', (variable, text, what) => {
    expect(problems({ [variable]: fileWith(text) })).toEqual([
      `${variable}: expected the path of a PEM file with ${what}`,
    ]);
  });

  it('take a bundle of authorities', () => {
    expect(config({ KAFKA_SSL_CA: fileWith(rootCertificates.join('\n')) }).KAFKA_SSL_CA).toContain(CERTIFICATE);
  });

  it('do not repeat a key that was pasted where its path belongs', () => {
    expect(problems({ KAFKA_SSL_KEY: '-----BEGIN PRIVATE KEY-----' }).join()).not.toContain('PRIVATE');
  });
});

describe('checkKafkaConfig', () => {
  it('finds nothing wrong with what fits', () => {
    const ca = fileWith(CA);
    const pair = { KAFKA_SSL_CERT: fileWith(CERTIFICATE), KAFKA_SSL_KEY: fileWith(KEY) };
    expect(misfits({})).toEqual([]);
    expect(misfits({ KAFKA_SSL: 'true' })).toEqual([]);
    expect(misfits({ KAFKA_SSL: 'true', KAFKA_SSL_CA: ca, ...pair })).toEqual([]);
    expect(misfits({ KAFKA_SASL_USERNAME: 'hello', KAFKA_SASL_PASSWORD: 'secret' })).toEqual([]);
  });

  it.each([
    ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'],
    ['KAFKA_SASL_PASSWORD', 'KAFKA_SASL_USERNAME'],
  ])('finds %s without %s', (given, missing) => {
    expect(misfits({ [given]: 'x' })).toEqual([`${missing} is required when ${given} is set`]);
  });

  it.each([
    ['KAFKA_SSL_CERT', 'KAFKA_SSL_KEY', CERTIFICATE],
    ['KAFKA_SSL_KEY', 'KAFKA_SSL_CERT', KEY],
  ])('finds %s without %s', (given, missing, pem) => {
    expect(misfits({ KAFKA_SSL: 'true', [given]: fileWith(pem) })).toEqual([
      `${missing} is required when ${given} is set`,
    ]);
  });

  it('finds certificates that nothing would use', () => {
    expect(misfits({ KAFKA_SSL_CA: fileWith(CA) })).toEqual(['KAFKA_SSL_CA has no effect without KAFKA_SSL=true']);
  });
});

describe('toKafkaJs', () => {
  it('is plain when nothing else is said', () => {
    expect(toKafkaJs(config({}))).toEqual({ brokers: ['kafka:9092'], ssl: false });
  });

  it('trusts what the system trusts when no authority is given', () => {
    expect(toKafkaJs(config({ KAFKA_SSL: 'true' }))).toEqual({ brokers: ['kafka:9092'], ssl: {} });
  });

  it('has the authority, the certificate and the user', () => {
    const env = {
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA: fileWith(CA),
      KAFKA_SSL_CERT: fileWith(CERTIFICATE),
      KAFKA_SSL_KEY: fileWith(KEY),
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
      KAFKA_SASL_USERNAME: 'hello',
      KAFKA_SASL_PASSWORD: 'secret',
    };
    expect(toKafkaJs(config(env))).toEqual({
      brokers: ['kafka:9092'],
      ssl: { ca: [CA], cert: CERTIFICATE, key: KEY },
      sasl: { mechanism: 'scram-sha-256', username: 'hello', password: 'secret' },
    });
  });
});
