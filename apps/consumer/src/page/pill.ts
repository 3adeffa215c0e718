import type { State } from './connection.ts';
import { element, setText } from './element.ts';

const TEXTS: Record<State, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  refused: 'Refused',
};

const pill = element('pill');

/** Shows the state of the connection. */
export function showState(state: State): void {
  pill.dataset['state'] = state;
  setText(pill, TEXTS[state]);
}
