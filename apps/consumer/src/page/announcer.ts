import { element } from './element.ts';
import { plural } from './text.ts';

/** Time between two announcements at least, in milliseconds: messages come faster than they can be read out. */
const REST_MS = 5_000;

const announcement = element('announcement');

/** Tells people who do not see the rows how many messages came, in a summary every now and then. */
export class Announcer {
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes in a number of messages that came onto the page. */
  add(count: number): void {
    this.#count += count;
    if (this.#count > 0) this.#timer ??= setTimeout(() => this.#announce(), REST_MS);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#count = 0;
    announcement.textContent = '';
  }

  #announce(): void {
    this.#timer = undefined;
    // Written also when it is the same as before: it is news again.
    announcement.textContent = plural(this.#count, 'new message');
    this.#count = 0;
  }
}
