import { element, setText } from './element.ts';
import { type Entry, latency } from './entry.ts';
import { absolute, ago, span } from './time.ts';

/** Characters of a message that are shown; the export has all of them. */
const TEXT_LIMIT = 2_000;

const template = element<HTMLTemplateElement>('row');

/** A message's row. */
export class Row {
  readonly element: HTMLLIElement;
  readonly entry: Entry;
  readonly #relative: Element;
  #gap: HTMLLIElement | undefined;

  constructor(entry: Entry, now: number) {
    this.entry = entry;
    this.element = template.content.firstElementChild!.cloneNode(true) as HTMLLIElement;
    const { text, timestamp, environment, partition, offset } = entry.message;
    const words = 'unreadable' in entry.message ? `${text}: ${entry.message.unreadable}` : text;
    this.#part('.text').textContent = words.length > TEXT_LIMIT ? `${words.slice(0, TEXT_LIMIT)}…` : words;
    this.element.classList.toggle('unreadable', 'unreadable' in entry.message);
    const time = this.#part('.absolute') as HTMLTimeElement;
    time.dateTime = new Date(timestamp).toISOString();
    time.textContent = absolute(timestamp, now);
    time.title = environment === null ? time.dateTime : `${time.dateTime}, from ${environment}`;
    this.#relative = this.#part('.relative');
    this.#show('place', `${partition}/${offset}`);
    const delay = latency(entry);
    if (delay !== null) this.#show('delay', span(delay));
    this.tick(now);
  }

  /** Whether messages are missing between this row and the one below it. */
  get hasGap(): boolean {
    return this.#gap !== undefined;
  }

  /** Draws the eye to the row for a moment. */
  flash(): void {
    this.element.classList.add('arrived');
  }

  /** Shows the time since the message before, which is that of the row below. */
  showBefore(below: Row | undefined): void {
    if (!below || this.hasGap) return;
    this.#show('after', `+${span(this.entry.message.timestamp - below.entry.message.timestamp)}`);
  }

  /** Marks that messages are missing below this row, which is on the page. */
  markGap(gap: HTMLLIElement): void {
    this.#gap = gap;
    this.element.after(gap);
  }

  unmarkGap(): void {
    this.#gap?.remove();
    this.#gap = undefined;
  }

  /** Takes the row off the page. */
  remove(): void {
    this.unmarkGap();
    this.element.remove();
  }

  /** Brings the relative time up to date. */
  tick(now: number): void {
    setText(this.#relative, ago(this.entry.message.timestamp, now));
  }

  /** Shows the row if it has the words, which are in lower case. */
  match(words: string): void {
    const { text, environment, partition, offset } = this.entry.message;
    this.element.hidden =
      words !== '' && !`${text} ${environment ?? ''} ${partition}/${offset}`.toLowerCase().includes(words);
  }

  /** Shows a figure with its label. */
  #show(name: 'after' | 'delay' | 'place', text: string): void {
    const figure = this.#part(`.${name}`) as HTMLElement;
    figure.lastElementChild!.textContent = text;
    figure.classList.add('known');
  }

  #part(selector: string): Element {
    return this.element.querySelector(selector)!;
  }
}
