import { element, setText } from './element.ts';
import { showPill } from './pill.ts';
import { emptyWords, heldWords, pillWords, type State } from './state.ts';

const pauseButton = element<HTMLButtonElement>('pause');
const heldButton = element<HTMLButtonElement>('held');
const olderButton = element<HTMLButtonElement>('older');
const emptyText = element('empty');
const errorText = element('error');

/** Shows what follows from the page's state at a time, in milliseconds since the Unix epoch. */
export function showState(state: State, now: number): void {
  showPill(pillWords(state, now));
  showWords(heldButton, heldWords(state));
  showWords(errorText, state.error);
  setText(emptyText, emptyWords(state));
  setText(olderButton, state.search ? 'Search on' : 'Load older');
  pauseButton.setAttribute('aria-pressed', String(state.paused));
  document.body.classList.toggle('paused', state.paused);
}

/** Shows an element if it has words. */
export function showWords(part: HTMLElement, words: string | null): void {
  part.hidden = words === null;
  setText(part, words ?? '');
}
