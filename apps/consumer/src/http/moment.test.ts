import { expect, it } from 'vitest';
import { moment } from './moment.ts';

it.each([
  ['2026-11-26T07:00:00Z', '2026-11-26T07:00:00.000Z'],
  ['2026-11-26T07:00Z', '2026-11-26T07:00:00.000Z'],
  ['2026-11-26T07:00:00.5Z', '2026-11-26T07:00:00.500Z'],
  ['2026-11-26T07:00:00+01:00', '2026-11-26T06:00:00.000Z'],
  // What becomes of a + in an address.
  ['2026-11-26T07:00:00 01:00', '2026-11-26T06:00:00.000Z'],
  ['2026-11-26T07:00:00.123456789-01:30', '2026-11-26T08:30:00.123Z'],
  ['2026-11-26', '2026-11-26T00:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['1795676400000', '2026-11-26T07:00:00.000Z'],
  ['0', '1970-01-01T00:00:00.000Z'],
  ['253402300799999', '9999-12-31T23:59:59.999Z'],
])('%j is %s', (text, expected) => {
  expect(new Date(moment.parse(text)).toISOString()).toBe(expected);
});

it.each([
  '',
  'now',
  '2026-11-26T07:00:00',
  '2026-11-26 07:00:00Z',
  '2026-02-30',
  '2026-11-26T25:00:00Z',
  '2026-11-26T07:00:00+0100',
  '26.11.2026',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  '253402300800000',
  '99999999999999999999',
  '1969-12-31T23:59:59Z',
  '0000-01-01',
])('%j is refused, with what was expected', (text) => {
  expect(moment.safeParse(text).error!.issues.map(({ message }) => message)).toEqual([
    'expected a time of 1970 to 9999: 2026-11-26T07:00:00Z or with another zone, a date, or milliseconds since 1970',
  ]);
});

it('is one', () => {
  expect(moment.safeParse(['1', '2']).error!.issues[0]!.message).toBe('expected once');
});
