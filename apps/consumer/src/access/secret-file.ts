import type { z } from 'zod';

/**
 * Reads JSON that has secrets in it.
 *
 * @throws with what is wrong and where, and without any value.
 */
export function parseSecretJson<T>(schema: z.ZodType<T>, text: string): T {
  const result = schema.safeParse(parse(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${issue!.path.join('.') || 'the file'}: ${issue!.message}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Node's message quotes the text.
    throw new Error('it is not JSON');
  }
}
