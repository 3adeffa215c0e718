const BYTES = 16;

/** Bytes, given in hexadecimal, as lines: where each begins, its bytes, and what of them is text in ASCII. */
export function hexDump(hex: string): string {
  const bytes = hex.match(/[\da-f]{2}/gi) ?? [];
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; start += BYTES) {
    const line = bytes.slice(start, start + BYTES);
    const place = start.toString(16).padStart(4, '0');
    lines.push(`${place}  ${line.join(' ').padEnd(BYTES * 3 - 1)}  ${line.map(asText).join('')}`);
  }
  return lines.join('\n');
}

function asText(byte: string): string {
  const code = Number.parseInt(byte, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
}
