import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { KafkaConfig as KafkaJsConfig, SASLOptions } from 'kafkajs';
import { z } from 'zod';

const BROKER = /^[^\s:,/]+:(\d{1,5})$/;
const PORT_MAX = 65_535;

/**
 * The path of a PEM file, read at start. What cannot be parsed would be ignored in silence, and the brokers not
 * trusted.
 */
const pemFile = (what: string, parse: (pem: string) => unknown) =>
  z.string().transform((path, context) => {
    try {
      const pem = readFileSync(path, 'utf8');
      parse(pem);
      return pem;
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      const message = syscall ? `a file that can be read (${code})` : `a PEM file with ${what}`;
      context.addIssue({ code: 'custom', message: `expected the path of ${message}` });
      return z.NEVER;
    }
  });
const certificateFile = pemFile('a certificate', (pem) => new X509Certificate(pem));
const keyFile = pemFile('a private key that no passphrase protects', createPrivateKey);

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** The environment variables that say where Kafka is and how to talk to it. */
export const kafkaSettings = {
  KAFKA_BROKERS: z
    .string()
    .transform((list) => list.split(',').map((broker) => broker.trim()))
    .refine(
      (brokers) => brokers.every((broker) => Number(BROKER.exec(broker)?.[1]) <= PORT_MAX),
      'expected host:port, or several separated by commas',
    ),
  KAFKA_SSL: z.stringbool({ truthy: ['true'], falsy: ['false'], error: 'expected true or false' }).default(false),
  KAFKA_SSL_CA: certificateFile.optional(),
  KAFKA_SSL_CERT: certificateFile.optional(),
  KAFKA_SSL_KEY: keyFile.optional(),
  KAFKA_SASL_MECHANISM: z.enum(MECHANISMS, `expected one of ${MECHANISMS.join(', ')}`).default('scram-sha-512'),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
};

export type KafkaConfig = z.infer<z.ZodObject<typeof kafkaSettings>>;

/** What does not fit together: a list of `[variable, what is wrong]`, empty when all is well. */
export function checkKafkaConfig(config: KafkaConfig): [variable: string, problem: string][] {
  const problems: [string, string][] = [];
  const both = (a: keyof KafkaConfig, b: keyof KafkaConfig) => {
    if (config[a] !== undefined && config[b] === undefined) problems.push([b, `is required when ${a} is set`]);
  };
  both('KAFKA_SSL_CERT', 'KAFKA_SSL_KEY');
  both('KAFKA_SSL_KEY', 'KAFKA_SSL_CERT');
  both('KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD');
  both('KAFKA_SASL_PASSWORD', 'KAFKA_SASL_USERNAME');
  for (const variable of ['KAFKA_SSL_CA', 'KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'] as const) {
    if (config[variable] !== undefined && !config.KAFKA_SSL)
      problems.push([variable, 'has no effect without KAFKA_SSL=true']);
  }
  return problems;
}

/** The same in the words of kafkajs. */
export function toKafkaJs(config: KafkaConfig): Pick<KafkaJsConfig, 'ssl' | 'sasl'> & { brokers: string[] } {
  const { KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key } = config;
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  const ssl = config.KAFKA_SSL && { ...(ca && { ca: [ca] }), ...(cert && { cert, key }) };
  const sasl = username && password ? ({ mechanism, username, password } as SASLOptions) : undefined;
  return { brokers: config.KAFKA_BROKERS, ssl, ...(sasl && { sasl }) };
}
