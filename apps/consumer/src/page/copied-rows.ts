import { element } from './element.ts';
import { entryOf } from './row.ts';

const table = element('log');

/**
 * Makes rows that somebody copies lines of a table: one line a message, with tabs between what stands in its columns.
 */
export function copyAsTable(): void {
  document.addEventListener('copy', (event) => {
    const range = getSelection()?.rangeCount ? getSelection()!.getRangeAt(0) : undefined;
    if (!range || !table.contains(range.commonAncestorContainer)) return;
    const cells = [...table.querySelectorAll('.row [role=cell]')].filter((cell) => hasSelected(cell, range));
    // Of one cell what is selected is wanted as it is.
    if (cells.length < 2) return;
    const rows = new Set(cells.map((cell) => cell.closest('.row')!));
    event.clipboardData!.setData('text/plain', [...rows].map(lineOf).join('\n'));
    event.preventDefault();
  });
}

function hasSelected(cell: Element, range: Range): boolean {
  if (!range.intersectsNode(cell)) return false;
  const part = document.createRange();
  part.selectNodeContents(cell);
  if (part.compareBoundaryPoints(Range.START_TO_START, range) < 0)
    part.setStart(range.startContainer, range.startOffset);
  if (part.compareBoundaryPoints(Range.END_TO_END, range) > 0) part.setEnd(range.endContainer, range.endOffset);
  return part.toString().trim() !== '';
}

/** A row as a line: message, time, gap, latency, key, partition/offset. */
function lineOf(row: Element): string {
  const { message } = entryOf(row);
  const shown = (selector: string) => row.querySelector(selector)!.textContent;
  return [
    message.text,
    message.time === null ? '' : new Date(message.time).toISOString(),
    shown('.after'),
    shown('.delay'),
    message.key ?? '',
    shown('.place'),
  ]
    .map((text) => text.replaceAll(/[\t\n]+/g, ' '))
    .join('\t');
}
