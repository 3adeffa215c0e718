import { atStart, type State } from './state.ts';
import type { View } from './view.ts';

/** Keeps the page's state, and tells when it changes. */
export class Store {
  #state: State;
  readonly #onChange: () => void;

  constructor(view: View, onChange: () => void) {
    this.#state = atStart(view);
    this.#onChange = onChange;
  }

  get state(): State {
    return this.#state;
  }

  change(changed: Partial<State>): void {
    this.#state = { ...this.#state, ...changed };
    this.#onChange();
  }
}
