import { element, setText } from './element.ts';
import type { Entry } from './entry.ts';

/** Messages held at most; from then on only their number is known. */
const LIMIT = 500;

const button = element<HTMLButtonElement>('held');

/** Holds new messages back while somebody reads, so that nothing moves under their eyes. */
export class Holder {
  /** Undefined when there is more than is held. */
  #entries: Entry[] | undefined = [];
  #count = 0;
  #quiet = false;

  /** @param onShow is called when somebody asks to see what is held. */
  constructor(onShow: () => void) {
    button.addEventListener('click', onShow);
  }

  /** Whether anything is held, so that what comes after it must be held too. */
  get holding(): boolean {
    return this.#count > 0 || this.#entries === undefined;
  }

  /** Whether `release` can give back all of it. */
  get complete(): boolean {
    return this.#entries !== undefined;
  }

  /** Whether to say only that something is held, and not how much: a number that counts up moves, too. */
  set quiet(quiet: boolean) {
    this.#quiet = quiet;
    this.#show();
  }

  hold(entries: Entry[]): void {
    this.#count += entries.length;
    if (this.#count > LIMIT) this.#entries = undefined;
    this.#entries?.push(...entries);
    this.#show();
  }

  /** Gives up what is held: it does not follow on what is on the page any more. */
  giveUp(): void {
    this.#entries = undefined;
    this.#show();
  }

  /** Gives back what is held, oldest first; nothing when there is more than is held. */
  release(): Entry[] | undefined {
    const entries = this.#entries;
    this.clear();
    return entries;
  }

  clear(): void {
    this.#entries = [];
    this.#count = 0;
    this.#show();
  }

  #show(): void {
    button.hidden = !this.holding;
    setText(button, this.#label());
  }

  #label(): string {
    if (this.#count === 0) return 'Back to live';
    return this.#quiet ? 'Show new' : `Show ${this.#count.toLocaleString('en')} new`;
  }
}
