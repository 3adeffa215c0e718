import { describe, expect, it } from 'vitest';
import { parseSessionKeys } from './session-keys.ts';

const k = (bytes: number) => Buffer.alloc(bytes, 'hunter2').toString('base64url');
const key = (changes: object = {}) => ({ kty: 'oct', kid: 'one', k: k(32), ...changes });
const fileOf = (...keys: object[]) => JSON.stringify({ keys });

describe('parseSessionKeys', () => {
  it('reads the keys in their order, and takes what else a JWK has', () => {
    expect(parseSessionKeys(fileOf(key({ alg: 'HS256', use: 'sig' }), key({ kid: 'two', k: k(64) })))).toEqual([
      { id: 'one', secret: Buffer.alloc(32, 'hunter2') },
      { id: 'two', secret: Buffer.alloc(64, 'hunter2') },
    ]);
  });

  it('takes a name of 100 letters, and no longer one', () => {
    expect(parseSessionKeys(fileOf(key({ kid: 'x'.repeat(100) })))).toHaveLength(1);
    expect(() => parseSessionKeys(fileOf(key({ kid: 'x'.repeat(101) })))).toThrow(/^keys\.0\.kid: /);
  });

  it.each([
    ['no key', fileOf(), /^keys: /],
    ['a key too short', fileOf(key({ k: k(31) })), 'keys.0.k: expected 32 bytes or more'],
    ['a key that is no base64url', fileOf(key({ k: `${k(32)}+/` })), /^keys\.0\.k: /],
    ['a key without a name', fileOf(key({ kid: undefined })), /^keys\.0\.kid: /],
    ['a key of another kind', fileOf(key({ kty: 'RSA' })), /^keys\.0\.kty: /],
    [
      'two keys of one name, of which the second would be good for nothing',
      fileOf(key(), key({ k: k(64) })),
      'keys: expected no name twice',
    ],
    ['no JSON', k(32), 'it is not JSON'],
  ])('refuses %s, and quotes nothing', (_, text, expected) => {
    expect(() => parseSessionKeys(text)).toThrow(expected);
    expect(() => parseSessionKeys(text)).not.toThrow(k(32).slice(0, 8));
  });
});
