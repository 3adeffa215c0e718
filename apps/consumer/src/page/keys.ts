import { element } from './element.ts';

interface Shortcut {
  /** As `KeyboardEvent.key` has it, in lower case; missing for what browsers and rows do by themselves. */
  key?: string;
  /** Arrow keys that do the same where they have nothing to scroll: among the rows, and in an open message. */
  inRows?: string;
  inMessage?: string;
  /** How people call the keys. */
  names: string[];
  does: string;
  /** Moves to another message, also to open it where one is open. */
  moves?: 'down' | 'up';
  /** Selects what is pressed, or gets the focus if it is a field or a link: the first that is on the page. */
  presses?: string;
}

/** All keys of the page. */
const SHORTCUTS: Shortcut[] = [
  {
    key: 'j',
    inRows: 'ArrowDown',
    inMessage: 'ArrowRight',
    names: ['J', '↓'],
    does: 'Next message, an older one',
    moves: 'down',
  },
  {
    key: 'k',
    inRows: 'ArrowUp',
    inMessage: 'ArrowLeft',
    names: ['K', '↑'],
    does: 'Message before, a newer one',
    moves: 'up',
  },
  { names: ['Enter'], does: 'Open the message' },
  { key: 'n', names: ['N'], does: 'Show newer messages', presses: '#newer, #held' },
  { key: 'o', names: ['O'], does: 'Load older messages', presses: '#older' },
  { key: 'l', names: ['L'], does: 'Back to live', presses: '#held' },
  { key: 'p', names: ['P'], does: 'Pause, or go on', presses: '#pause' },
  { key: '/', names: ['/'], does: 'Search', presses: '#filter' },
  { key: 'g', names: ['G'], does: 'Go to a moment or an offset', presses: '#go-to summary' },
  { key: 'e', names: ['E'], does: 'Export', presses: '#export-csv' },
  { key: '?', names: ['?'], does: 'Show these keys', presses: '#keys-open' },
  { names: ['Esc'], does: 'Close what is open' },
];

/**
 * Where it is kept that somebody wants no keys of single letters: who speaks to the computer presses them without
 * wanting to.
 */
const OFF = 'keys-off';

const help = element<HTMLDialogElement>('keys');
const list = element('keys-list');
const isOn = element<HTMLInputElement>('keys-on');

/** The page's keys, and the dialog that shows them. */
export class Keys {
  readonly #onMove: (way: 'down' | 'up') => void;

  /** @param onMove is called when somebody wants to go to the next message, or to the one before. */
  constructor(onMove: (way: 'down' | 'up') => void) {
    this.#onMove = onMove;
    isOn.checked = localStorage.getItem(OFF) === null;
    isOn.addEventListener('change', () => {
      if (isOn.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, '1');
    });
    element('keys-open').addEventListener('click', showHelp);
    addEventListener('keydown', (event) => this.#press(event));
  }

  #press(event: KeyboardEvent): void {
    const { target, ctrlKey, metaKey, altKey } = event;
    if (event.defaultPrevented || ctrlKey || metaKey || altKey || isField(target as Element)) return;
    const shortcut = SHORTCUTS.find((one) => isPressed(one, event));
    if (!shortcut) return;
    const dialog = document.querySelector('dialog[open]');
    if (shortcut.moves && (!dialog || dialog.id === 'details')) this.#onMove(shortcut.moves);
    else if (dialog || !press(shortcut.presses!)) return;
    // A key that is a letter must not be written where it leads to.
    event.preventDefault();
  }
}

function isPressed({ key, inRows, inMessage }: Shortcut, event: KeyboardEvent): boolean {
  const target = event.target as Element;
  if (event.key === inRows) return !event.shiftKey && target.closest('#log') !== null;
  if (event.key === inMessage) return !event.shiftKey && target.closest('#details') !== null;
  return isOn.checked && event.key.toLowerCase() === key;
}

/** Whether letters are written there. */
function isField(target: Element): boolean {
  return target.matches('input:not([type=checkbox]), textarea, select');
}

/** Presses what a key is for. Answers with whether there is any. */
function press(selector: string): boolean {
  const target = [...document.querySelectorAll<HTMLElement>(selector)].find((one) => one.checkVisibility());
  if (target?.matches('input, a')) target.focus();
  else target?.click();
  return target !== undefined;
}

function showHelp(): void {
  const items = SHORTCUTS.map(({ names, does }) => {
    const item = document.createElement('div');
    const term = document.createElement('dt');
    for (const name of names) {
      const key = document.createElement('kbd');
      key.textContent = name;
      term.append(key, ' ');
    }
    const words = document.createElement('dd');
    words.textContent = does;
    item.append(term, words);
    return item;
  });
  list.replaceChildren(...items);
  help.showModal();
}
