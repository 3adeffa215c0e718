/** Fields of a broadcast that the page has places of their own for. */
const PLACED = new Set(['text', 'environment', 'sequence', 'sentAt', 'nextInMs', 'dueAt']);

let names: string[] = [];

/** Takes in the names of a broadcast's fields, in the order in which they are shown. A server of before does not tell them. */
export function knowFields(fields: unknown): void {
  names = Array.isArray(fields) ? fields.filter((name) => typeof name === 'string') : [];
}

/** What a message says in the fields that the page has no place for, each with its name: whoever adds one sees it here. */
export function addedFields(message: Record<string, unknown>): [name: string, value: string][] {
  const added: [string, string][] = [];
  for (const name of names) {
    const value = message[name];
    if (!PLACED.has(name) && value !== null && value !== undefined) added.push([name, wordsOf(value)]);
  }
  return added;
}

/** A value as text: a text as it is, everything else as JSON. */
function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
