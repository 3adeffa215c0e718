import { element, setText } from './element.ts';
import type { PillWords } from './state.ts';

const pill = element('pill');
const said = element('pill-text');
const counted = element('pill-more');

/** Shows how the page stands. */
export function showPill({ kind, text, more }: PillWords): void {
  pill.dataset['state'] = kind;
  setText(said, text);
  setText(counted, more);
}
