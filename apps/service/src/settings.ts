import { isIP } from 'node:net';
import { z } from 'zod';

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodType<number, string> {
  const error = `expected a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d+$/, error)
    .transform(Number)
    .refine((value) => value >= min && value <= max, error);
}

/** A number from `min` to `max`, both included; fractions allowed. */
export function decimal(min: number, max: number): z.ZodType<number, string> {
  const error = `expected a number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+(\.\d+)?$/, error)
    .transform(Number)
    .refine((value) => value >= min && value <= max, error);
}

/** At most so many characters. */
export function text(max: number): z.ZodString {
  return z.string().max(max, `expected at most ${max} characters`);
}

/** The address of a proxy, or a range of them. All there are is none: then anybody would be believed. */
export const proxyAddress: z.ZodType<string, string> = z
  .string()
  .refine(isAddressOrRange, 'expected an address or a range, such as 10.0.0.7 or 10.0.0.0/8');

function isAddressOrRange(value: string): boolean {
  const [address = '', length, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return length === undefined || (/^[1-9]\d{0,2}$/.test(length) && Number(length) <= (version === 6 ? 128 : 32));
}

/** Values of one kind, separated by commas, at least one and none twice. */
export function list<T>(item: z.ZodType<T, string>): z.ZodType<T[], string> {
  return z
    .string()
    .transform((value) => value.split(',').map((part) => part.trim()))
    .pipe(z.array(item))
    .refine((values) => new Set(values).size === values.length, 'expected no value twice');
}

/** Where something is sent to over HTTP; paths are added to it. */
const httpUrl = z
  .string()
  .refine(
    (value) => /^https?:\/\/[^\s?#]+$/.test(value) && URL.canParse(value),
    'expected an address such as http://localhost:4318',
  );

/** Headers of requests. OpenTelemetry leaves out in silence what begins with a semicolon, and what is empty. */
const headers = pairs((name, value) => name !== '' && value !== '' && !`${name}${value}`.includes(';'));

/** What is told of the service. Where one of them is not so, OpenTelemetry leaves out all of them in silence. */
const attributes = pairs(
  (name, value) =>
    name !== '' && !value.includes('=') && [name, value].every((part) => decodeURIComponent(part).length <= 255),
);

/** Names and values as OpenTelemetry writes them, both without the spaces around them. */
function pairs(isRight: (name: string, value: string) => boolean): z.ZodType<string> {
  const isPair = (pair: string): boolean => {
    const [name, ...value] = pair.split('=');
    return value.length > 0 && isRight(name!.trim(), value.join('=').trim());
  };
  return z
    .string()
    .refine(
      (value) => isPercentEncoded(value) && value.split(',').every(isPair),
      'expected name=value, percent-encoded, or several of that separated by commas',
    );
}

function isPercentEncoded(value: string): boolean {
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}

/** What decides which traces are recorded. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type ServiceSettings = ReturnType<typeof serviceSettings>;

/**
 * What every service can be told by its environment; each has a default port of its own, so that they run side by side.
 */
export function serviceSettings(port: number) {
  return {
    HOST: z.string().default('127.0.0.1'),
    PORT: integer(0, 65_535).default(port),
    LOG_LEVEL: z.enum(LEVELS, `expected one of ${LEVELS.join(', ')}`).default('info'),
    // OpenTelemetry's own names: who has a collector has set them already.
    OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
    OTEL_EXPORTER_OTLP_HEADERS: headers.optional(),
    OTEL_SERVICE_NAME: text(255).optional(),
    OTEL_RESOURCE_ATTRIBUTES: attributes.optional(),
    OTEL_TRACES_SAMPLER: z.enum(SAMPLERS, `expected one of ${SAMPLERS.join(', ')}`).default('parentbased_always_on'),
    OTEL_TRACES_SAMPLER_ARG: decimal(0, 1).default(1),
  };
}
