import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseSecretJson } from './secret-file.ts';

const schema = z.strictObject({
  users: z.array(z.strictObject({ password: z.string().max(6), kind: z.literal('a') })),
});

describe('parseSecretJson', () => {
  it('reads what is right', () => {
    const content = { users: [{ password: 'hunter', kind: 'a' }] };
    expect(parseSecretJson(schema, JSON.stringify(content))).toEqual(content);
  });

  it.each([
    ['hunter2', 'it is not JSON'],
    ['', 'it is not JSON'],
    ['{"users":[{"password":"hunter2"}', 'it is not JSON'],
    ['"hunter2"', /^the file: .*expected object/],
    ['{"users":[{"password":"hunter2","kind":"a"}]}', /^users\.0\.password: /],
    ['{"users":[{"password":"x","kind":"hunter2"}]}', /^users\.0\.kind: /],
    ['{"users":[{"password":1234567890,"kind":"a"}]}', /^users\.0\.password: /],
  ])('says what is wrong and where, and quotes no value: %s', (text, expected) => {
    expect(() => parseSecretJson(schema, text)).toThrow(expected);
    expect(() => parseSecretJson(schema, text)).not.toThrow(/hunter2|1234567890/);
  });
});
