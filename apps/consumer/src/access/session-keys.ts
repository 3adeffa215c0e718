import { z } from 'zod';
import { parseSecretJson } from './secret-file.ts';

const KEY_BYTES = 32;

const KeySetSchema = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('oct'),
        kid: z.string().min(1).max(100),
        k: z.base64url().refine((k) => Buffer.from(k, 'base64url').length >= KEY_BYTES, 'expected 32 bytes or more'),
      }),
    )
    .min(1)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'expected no name twice'),
});

/** A secret that signs sessions, and the name by which a session says which one it is. */
export interface SessionKey {
  id: string;
  secret: Uint8Array;
}

/**
 * Reads the keys of sessions, a JWK set: the first one signs, each of them is good for what it signed.
 *
 * @throws with what is wrong, and without any value.
 * @see https://www.rfc-editor.org/rfc/rfc7517#section-5
 */
export function parseSessionKeys(text: string): SessionKey[] {
  const { keys } = parseSecretJson(KeySetSchema, text);
  return keys.map(({ kid, k }) => ({ id: kid, secret: Buffer.from(k, 'base64url') }));
}
