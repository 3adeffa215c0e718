import { z } from 'zod';

const TEXT_ONCE = 'expected a text, once';
/** Characters of what somebody looks for. */
const LENGTH = 200;

/** Nothing is as good as no such condition: an empty field of a form is one. */
const words = z
  .string(TEXT_ONCE)
  .max(LENGTH, `expected at most ${LENGTH} characters`)
  .optional()
  .transform((text) => text || undefined);

/** What of a topic somebody wants to see: in an address and in a handshake. Without any condition it is all of it. */
export const filterShape = {
  /** What the text has in it, in upper or lower case. */
  contains: words,
  /** What the key is, exactly, as text in UTF-8. */
  key: words,
};

export type Filter = Partial<z.infer<z.ZodObject<typeof filterShape>>>;

/** Whether a filter lets nothing out. */
export function isEverything({ contains, key }: Filter): boolean {
  return contains === undefined && key === undefined;
}

/** A name for a filter: the same for those who ask for the same. */
export function nameOf({ contains, key }: Filter): string {
  return JSON.stringify([contains?.toLowerCase() ?? null, key ?? null]);
}

/** Whether a message is one that a filter asks for. */
export function matches({ contains, key }: Filter, message: { text: string; key?: string | null }): boolean {
  if (key !== undefined && message.key !== key) return false;
  return contains === undefined || message.text.toLowerCase().includes(contains.toLowerCase());
}
