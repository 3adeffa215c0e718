import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decimal, integer, list, proxyAddress, serviceSettings } from './settings.ts';

describe('integer', () => {
  it.each([
    ['1', 1],
    ['10', 10],
    ['007', 7],
  ])('reads %j', (given, expected) => {
    expect(integer(1, 10).parse(given)).toBe(expected);
  });

  it.each(['0', '11', '-1', '1.5', '1e1', '0x1', ' 1', '1 ', 'one', '', '9'.repeat(400)])('refuses %j', (given) => {
    expect(
      integer(1, 10)
        .safeParse(given)
        .error!.issues.map(({ message }) => message),
    ).toEqual(['expected a whole number from 1 to 10']);
  });

  it('goes below 0 where that is allowed', () => {
    expect(integer(-1).parse('-1')).toBe(-1);
  });
});

describe('decimal', () => {
  it.each([
    ['0.5', 0.5],
    ['1', 1],
    ['10.0', 10],
  ])('reads %j', (given, expected) => {
    expect(decimal(0.5, 10).parse(given)).toBe(expected);
  });

  it.each(['0.49', '10.1', '-1', '1e1', '1,5', '.5', 'Infinity', 'NaN', ''])('refuses %j', (given) => {
    expect(
      decimal(0.5, 10)
        .safeParse(given)
        .error!.issues.map(({ message }) => message),
    ).toEqual(['expected a number from 0.5 to 10']);
  });
});

describe('proxyAddress', () => {
  it.each(['127.0.0.1', '10.0.0.0/8', '10.0.0.7/32', '::1', 'fd00::/8', 'fd00::1/128'])('reads %j', (given) => {
    expect(proxyAddress.parse(given)).toBe(given);
  });

  it.each([
    '',
    '10',
    '10.0.0',
    'proxy',
    '0.0.0.0/0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/x',
    '10.0.0.0/8/8',
    'loopback',
  ])('refuses %j', (given) => {
    expect(proxyAddress.safeParse(given).error!.issues.map(({ message }) => message)).toEqual([
      'expected an address or a range, such as 10.0.0.7 or 10.0.0.0/8',
    ]);
  });
});

describe('list', () => {
  const words = list(z.string().regex(/^\w+$/, 'expected words'));

  it('reads values with and without spaces around the commas', () => {
    expect(words.parse('a')).toEqual(['a']);
    expect(words.parse('a, b ,c')).toEqual(['a', 'b', 'c']);
  });

  it.each(['', 'a,', 'a,,b', 'a b'])('refuses %j', (given) => {
    expect(words.safeParse(given).error!.issues[0]!.message).toBe('expected words');
  });

  it('refuses a value that comes twice', () => {
    expect(words.safeParse('a,b,a').error!.issues[0]!.message).toBe('expected no value twice');
  });
});

describe('serviceSettings', () => {
  it('has a port for each service, which only this machine can reach', () => {
    expect(z.object(serviceSettings(8100)).parse({})).toMatchObject({ HOST: '127.0.0.1', PORT: 8100 });
  });

  /** What is wrong with one of them, in words. */
  const wrong = (name: string, value: string): string[] =>
    z
      .object(serviceSettings(1))
      .safeParse({ [name]: value })
      .error?.issues.map(({ message }) => message) ?? [];

  it.each(['http://localhost:4318', 'https://traces.example.org/otlp/', 'http://[::1]:4318'])(
    'takes %j for an endpoint of traces',
    (value) => expect(wrong('OTEL_EXPORTER_OTLP_ENDPOINT', value)).toEqual([]),
  );

  it.each([
    'localhost:4318',
    '4318',
    'grpc://a:4317',
    'http://',
    'http://a b',
    'http://a:99999',
    ' http://a',
    'http://a?b',
  ])('takes %j for none', (value) =>
    expect(wrong('OTEL_EXPORTER_OTLP_ENDPOINT', value)).toEqual(['expected an address such as http://localhost:4318']),
  );

  it.each([
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Basic YTpi==,x=%20'],
    ['OTEL_EXPORTER_OTLP_HEADERS', ' a = b , c=d%3Be'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=prod,team=a%2Cb'],
    ['OTEL_RESOURCE_ATTRIBUTES', ` a = b, c= , d=${'%3D'.repeat(255)}`],
  ])('takes pairs for %s', (name, value) => expect(wrong(name, value)).toEqual([]));

  it.each([
    ['OTEL_EXPORTER_OTLP_HEADERS', ['token', '=a', ' =a', 'a=', 'a= ', 'a=b;c', 'a;b=c', 'a=b,,c=d', 'a=%']],
    [
      'OTEL_RESOURCE_ATTRIBUTES',
      ['team', '=a', 'a=b, =c', 'a=b=c', 'a=%zz', `a=${'b'.repeat(256)}`, `${'a'.repeat(256)}=b`],
    ],
  ])('refuses for %s what OpenTelemetry would leave out in silence', (name, values) => {
    for (const value of values)
      expect(wrong(name, value)).toEqual([
        'expected name=value, percent-encoded, or several of that separated by commas',
      ]);
  });

  it.each(['jaeger_remote', 'on'])('knows no sampler %j', (value) =>
    expect(wrong('OTEL_TRACES_SAMPLER', value)).toEqual([expect.stringMatching(/^expected one of always_on, /)]),
  );

  it.each(['1', '65535'])('takes the port %s', (PORT) => {
    expect(z.object(serviceSettings(8100)).parse({ PORT }).PORT).toBe(Number(PORT));
  });

  it.each(['-1', '65536'])('refuses the port %s', (PORT) => {
    expect(z.object(serviceSettings(8100)).safeParse({ PORT }).success).toBe(false);
  });

  it('lets the system choose a port', () => {
    expect(z.object(serviceSettings(8100)).parse({ PORT: '0' }).PORT).toBe(0);
  });
});
