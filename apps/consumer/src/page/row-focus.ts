import { element } from './element.ts';
import type { Entry } from './entry.ts';
import { entryOf } from './row.ts';

const ROW = '.row:not([hidden])';

const table = element('log');
const list = element('rows');

/** The focus among the rows: keys move it from row to row, and a click or Enter opens the message of one. */
export class RowFocus {
  readonly #onOpen: (entry: Entry) => void;
  /** The row that has the focus, or had it last. */
  #row: Element | undefined;
  /** Whether the click that begins takes away a selection of text, so that it means nothing else. */
  #deselects = false;

  /** @param onOpen is called when somebody opens a message. */
  constructor(onOpen: (entry: Entry) => void) {
    this.#onOpen = onOpen;
    list.addEventListener('focusin', ({ target }) => this.#take((target as Element).closest(ROW)));
    list.addEventListener('pointerdown', () => {
      this.#deselects = isSelected();
    });
    list.addEventListener('click', (event) => this.#click(event.target as Element));
    table.addEventListener('keydown', (event) => this.#press(event));
  }

  /** The row at the bottom. */
  get last(): Element | undefined {
    return [...list.querySelectorAll(ROW)].at(-1);
  }

  /**
   * Moves the focus to the row below, or above: to the first one in view when no row had it. While a dialog is open it
   * is the row that gets the focus after it. Answers with the row's entry; undefined where there is no such row.
   */
  move(way: 'down' | 'up'): Entry | undefined {
    return this.#go(this.#row?.isConnected ? beside(this.#row, way) : firstInView());
  }

  /** Moves the focus to the row below one, if there is any. */
  moveBelow(row: Element | undefined): void {
    this.#go(row ? beside(row, 'down') : list.querySelector(ROW));
  }

  /** Gives the focus back to the row that had it, or to all of them where it is gone. */
  return(): void {
    if (this.#row?.isConnected) this.#go(this.#row);
    else table.focus({ preventScroll: true });
  }

  #go(row: Element | null): Entry | undefined {
    if (!row) return undefined;
    this.#take(row);
    row.scrollIntoView({ block: 'nearest', behavior: 'instant' });
    (row as HTMLElement).focus({ preventScroll: true });
    return entryOf(row);
  }

  #take(row: Element | null): void {
    this.#row = row ?? this.#row;
  }

  #click(target: Element): void {
    const deselects = this.#deselects;
    this.#deselects = false;
    const row = target.closest(ROW);
    if (!row || target.closest('a, button') || deselects || isSelected()) return;
    this.#take(row);
    this.#onOpen(entryOf(row));
  }

  #press(event: KeyboardEvent): void {
    const { key, target, repeat } = event;
    // What is in a row has keys of its own.
    if (key !== 'Enter' || repeat || !(target as Element).matches(ROW)) return;
    event.preventDefault();
    this.#onOpen(entryOf(target as Element));
  }
}

/** Whether text of the rows is selected. */
function isSelected(): boolean {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(list, true);
}

function beside(row: Element, way: 'down' | 'up'): Element | null {
  let next: Element | null = row;
  do next = way === 'down' ? next.nextElementSibling : next.previousElementSibling;
  while (next && !next.matches(ROW));
  return next;
}

function firstInView(): Element | null {
  const rows = [...list.querySelectorAll(ROW)];
  return rows.find((row) => row.getBoundingClientRect().top >= 0) ?? null;
}
