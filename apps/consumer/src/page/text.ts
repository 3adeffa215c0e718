/** Characters and lines of a message that are shown. */
const LENGTH = 2_000;
const LINES = 40;

/** What has no look of its own, or changes that of other text: control characters, halves of characters, directions. */
const HIDDEN = /[^\P{Cc}\n\t]|[\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'].map(
  (unit) =>
    new Intl.NumberFormat('en', {
      style: 'unit',
      unit,
      unitDisplay: unit === 'byte' ? 'long' : 'short',
      maximumFractionDigits: 1,
    }),
);

/** Text of anybody's as a row shows it: its beginning, with characters that cannot be seen named. */
export function legible(text: string): string {
  // The cut may go through a character; the half of it that is left is no part of the text.
  const start = text.length > LENGTH ? copy(text.slice(0, LENGTH).replace(/[\uD800-\uDBFF]$/, '')) : text;
  const lines = start.replaceAll('\r\n', '\n').split('\n');
  const isCut = start.length < text.length || lines.length > LINES;
  const shown = named(lines.slice(0, LINES).join('\n'));
  return isCut ? `${shown}…` : shown;
}

/** Text of anybody's with characters that cannot be seen named. */
export function named(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(HIDDEN, name);
}

/** A number of things: `1 message`, `1,200 messages`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A number of bytes in its largest unit. */
export function bytes(count: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
  return UNITS[power]!.format(count / 1000 ** power);
}

const name = (character: string): string =>
  `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`;

/** The same text in memory of its own: a slice keeps all of the text that it was taken from. */
function copy(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
