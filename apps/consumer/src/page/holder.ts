import { element, setText } from './element.ts';
import type { Entry } from './entry.ts';

/** Messages held at most; from then on only their number is known. */
const LIMIT = 500;

const button = element<HTMLButtonElement>('held');

/** Holds new messages back while somebody reads, so that nothing moves under their eyes. */
export class Holder {
  #entries: Entry[] = [];
  #count = 0;

  /** @param onShow is called when somebody asks to see what is held. */
  constructor(onShow: () => void) {
    button.addEventListener('click', onShow);
  }

  hold(entries: Entry[]): void {
    this.#count += entries.length;
    if (this.#count <= LIMIT) this.#entries.push(...entries);
    setText(button, `Show ${this.#count} new`);
    button.hidden = false;
  }

  /** Gives back what is held, oldest first; nothing when it was more than could be held. */
  release(): Entry[] | undefined {
    const entries = this.#count <= LIMIT ? this.#entries : undefined;
    this.clear();
    return entries;
  }

  clear(): void {
    this.#entries = [];
    this.#count = 0;
    button.hidden = true;
  }
}
