import type { Entry } from './entry.ts';
import { type Held, MISSED_KNOWN } from './state.ts';

/** Messages held at most; from then on only their number is known. */
const LIMIT = 500;

/** Holds new messages back while somebody reads, so that nothing moves under their eyes. */
export class Holder {
  /** Undefined when there is more than is held. */
  #entries: Entry[] | undefined = [];
  #count = 0;

  get held(): Held {
    return { count: this.#count, isComplete: this.#entries !== undefined };
  }

  /** @param count is how many came, where that is more than the server sent of them. */
  hold(entries: Entry[], count = entries.length): void {
    this.#count += count > MISSED_KNOWN ? Infinity : count;
    this.#entries?.push(...entries);
    if (this.#entries && this.#entries.length > LIMIT) this.giveUp();
  }

  /** Gives up what is held: it does not follow on what is on the page any more. */
  giveUp(): void {
    this.#entries = undefined;
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
  }
}
