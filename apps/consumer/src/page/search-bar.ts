import type { Address } from './address.ts';
import { element, setText } from './element.ts';
import { type Search, searchWords } from './state.ts';

/** Time from the last letter to the search, in milliseconds. */
const REST_MS = 300;

const field = element<HTMLInputElement>('filter');
const bar = element('search');
const words = element('search-words');
const said = element('search-said');
const stopButton = element<HTMLButtonElement>('search-stop');
const onButton = element<HTMLButtonElement>('search-on');

interface Handlers {
  /** Somebody looks for other words; for none, if there are none. */
  onWords: (contains: string | undefined) => void;
  onStop: () => void;
  onGoOn: () => void;
  onClear: () => void;
}

/** The field for words to search, and how far the search is. */
export class SearchBar {
  #rest: ReturnType<typeof setTimeout> | undefined;
  #contains: string | undefined;

  constructor({ onWords, onStop, onGoOn, onClear }: Handlers) {
    const search = () => {
      clearTimeout(this.#rest);
      const contains = field.value.trim() || undefined;
      if (contains !== this.#contains) onWords(contains);
    };
    field.addEventListener('input', () => {
      clearTimeout(this.#rest);
      this.#rest = setTimeout(search, REST_MS);
    });
    // Enter in the field, or the cross in it.
    field.addEventListener('search', search);
    stopButton.addEventListener('click', onStop);
    onButton.addEventListener('click', onGoOn);
    element('search-clear').addEventListener('click', () => {
      field.focus();
      onClear();
    });
  }

  /** Shows what is looked for, unless it is what somebody is typing. */
  follow({ contains }: Address): void {
    this.#contains = contains;
    clearTimeout(this.#rest);
    if ((field.value.trim() || undefined) !== contains) field.value = contains ?? '';
  }

  /** Shows how far a search is, by a clock of milliseconds since the Unix epoch. */
  show(search: Search | null, { key }: Address, now: number): void {
    bar.hidden = search === null;
    if (!search) return;
    const isRunning = search.status === 'running';
    const text = `${key === undefined ? '' : `Key ${key}: `}${searchWords(search, now)}`;
    setText(words, text);
    // What counts up is not read out, only what it came to.
    if (!isRunning) setText(said, text);
    this.#toggle(stopButton, isRunning);
    this.#toggle(onButton, search.status === 'stopped' || search.status === 'full');
  }

  /** The focus must not go away with a button. */
  #toggle(button: HTMLButtonElement, isShown: boolean): void {
    if (!isShown && button === document.activeElement) field.focus();
    button.hidden = !isShown;
  }
}
