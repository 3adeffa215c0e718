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
  };
}
