/** How deep JSON may be to be set out: the margin grows with each level. */
const DEPTH = 100;

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"{}[\],:]+|[{}[\],:]/g;

/**
 * An object or a list in JSON, set out in lines. It is the same text otherwise: numbers keep digits that a program
 * would lose. Undefined for a text of any other kind, and for one that is too deep.
 */
export function prettyJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return undefined;
  let pretty = '';
  let depth = 0;
  let before = '';
  for (const [token] of text.matchAll(TOKEN)) {
    const closes = token === '}' || token === ']';
    const opened = before === '{' || before === '[';
    if (closes) depth -= 1;
    if (before !== '' && (before === ',' || closes !== opened)) pretty += `\n${'  '.repeat(depth)}`;
    pretty += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
    if (depth > DEPTH) return undefined;
    before = token;
  }
  return pretty;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
