import { scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashPassword, isPasswordHash, verifyPassword } from './password.ts';

const PASSWORD = 'correct horse battery staple';
const SALT = 'a'.repeat(22);
const HASH = 'b'.repeat(43);

/** A hash that another program made at another cost. */
function hashAt(ln: number, r: number, p: number): string {
  const salt = Buffer.from('0123456789abcdef');
  const hash = scryptSync(PASSWORD, salt, 32, { N: 2 ** ln, r, p, maxmem: 2 ** 30 });
  const [saltText, hashText] = [salt, hash].map((bytes) => bytes.toString('base64').replaceAll('=', ''));
  return `$scrypt$ln=${ln},r=${r},p=${p}$${saltText}$${hashText}`;
}

describe('a password', () => {
  it('is known by its hash, and no other is', async () => {
    const hash = await hashPassword(PASSWORD);
    expect(await verifyPassword(PASSWORD, hash)).toBe(true);
    for (const other of ['', `${PASSWORD} `, PASSWORD.toUpperCase(), hash]) {
      expect(await verifyPassword(other, hash)).toBe(false);
    }
  });

  it('has another hash each time', async () => {
    const [one, other] = await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)]);
    expect(one).not.toBe(other);
  });

  it('is hashed at a cost that OWASP gives', async () => {
    expect(await hashPassword(PASSWORD)).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/);
  });

  it.each([
    [10, 1, 1],
    [12, 4, 16],
    [17, 8, 1],
  ])('is known by a hash of another cost, up to the largest: ln=%i, r=%i, p=%i', async (...cost) => {
    const hash = hashAt(...cost);
    expect(isPasswordHash(hash)).toBe(true);
    expect(await verifyPassword(PASSWORD, hash)).toBe(true);
  });

  it.each([
    '',
    PASSWORD,
    `$argon2id$v=19$m=65536,t=3,p=4$${SALT}$${HASH}`,
    `$scrypt$ln=9,r=8,p=1$${SALT}$${HASH}`,
    // More memory than a check may take.
    `$scrypt$ln=18,r=8,p=1$${SALT}$${HASH}`,
    `$scrypt$ln=17,r=16,p=1$${SALT}$${HASH}`,
    `$scrypt$ln=15,r=8,p=17$${SALT}$${HASH}`,
    `$scrypt$ln=15,r=8,p=0$${SALT}$${HASH}`,
    `$scrypt$ln=15,r=8,p=3$short$${HASH}`,
    `$scrypt$ln=15,r=8,p=3$${SALT}$`,
    `$scrypt$ln=15,r=8,p=3$${SALT}$${HASH}\n`,
    ` $scrypt$ln=15,r=8,p=3$${SALT}$${HASH}`,
  ])('is known by nothing that is no hash of its kind: %j', async (text) => {
    expect(isPasswordHash(text)).toBe(false);
    expect(await verifyPassword(PASSWORD, text)).toBe(false);
  });
});
