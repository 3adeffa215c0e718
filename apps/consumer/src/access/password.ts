import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/**
 * One of the sets that OWASP gives: 32 MiB, and some 0.2 s of one core. @see
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt
 */
const COST = { ln: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MAX_MEMORY = 256 * 1024 * 1024;
/**
 * A hash in the format of PHC, of a cost that the memory is enough for. @see
 * https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
 */
const FORM = /^\$scrypt\$ln=(1[0-7]),r=([1-8]),p=([1-9]|1[0-6])\$([\w+/]{22,86})\$([\w+/]{43})$/;

/** Whether a text is a hash that `verifyPassword` understands. */
export function isPasswordHash(text: string): boolean {
  return FORM.test(text);
}

/** Makes a password into a hash with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { ln, r, p } = COST;
  const hash = await derive(password, salt, HASH_BYTES, options(ln, r, p));
  return `$scrypt$ln=${ln},r=${r},p=${p}$${encode(salt)}$${encode(hash)}`;
}

/** Whether a password is the one that a hash was made from. */
export async function verifyPassword(password: string, passwordHash: string): Promise<boolean> {
  const [, ln, r, p, salt, expected] = FORM.exec(passwordHash) ?? [];
  if (expected === undefined) return false;
  const cost = options(Number(ln), Number(r), Number(p));
  const hash = await derive(password, Buffer.from(salt!, 'base64'), HASH_BYTES, cost);
  return timingSafeEqual(hash, Buffer.from(expected, 'base64'));
}

function options(ln: number, r: number, p: number): ScryptOptions {
  return { N: 2 ** ln, r, p, maxmem: MAX_MEMORY };
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
