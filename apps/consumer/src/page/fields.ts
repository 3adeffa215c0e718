/** Fields of a broadcast that the page has places of their own for. */
const PLACED = new Set(['text', 'environment', 'sequence', 'sentAt', 'nextInMs', 'dueAt']);

let names: string[] = [];

/**
 * Takes in the names of a broadcast's fields, in the order in which they are shown. A server of before does not tell
 * them.
 */
export function knowFields(fields: unknown): void {
  names = Array.isArray(fields) ? fields.filter((name) => typeof name === 'string') : [];
}

/** What a message says in all its fields but its text, each with its name. */
export function allFields(message: Record<string, unknown>): [name: string, value: unknown][] {
  return names
    .filter((name) => name !== 'text' && message[name] !== null && message[name] !== undefined)
    .map((name) => [name, message[name]]);
}

/**
 * What a message says in the fields that the page has no place for, each with its name: whoever adds one sees it here.
 */
export function addedFields(message: Record<string, unknown>): [name: string, value: string][] {
  return allFields(message).flatMap(([name, value]) => (PLACED.has(name) ? [] : [[name, wordsOf(value)]]));
}

/** A value as text: a text as it is, everything else as JSON. */
export function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
