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

  /** @param before the message before it in time, if it is on the page. */
  constructor(entry: Entry, before: Entry | undefined, now: number) {
    this.entry = entry;
    this.element = template.content.firstElementChild!.cloneNode(true) as HTMLLIElement;
    const { text, timestamp, environment, partition, offset } = entry.message;
    this.#part('.text').textContent = text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text;
    if ('unreadable' in entry.message) {
      this.element.classList.add('unreadable');
      this.element.title = entry.message.unreadable;
    }
    if (entry.receivedAt !== null) this.element.classList.add('arrived');
    const time = this.#part('.absolute') as HTMLTimeElement;
    time.dateTime = new Date(timestamp).toISOString();
    time.textContent = absolute(timestamp, now);
    time.title = environment === null ? time.dateTime : `${time.dateTime}, from ${environment}`;
    this.#relative = this.#part('.relative');
    this.#part('.place').textContent = `${partition}/${offset}`;
    const delay = latency(entry);
    if (delay !== null) this.#part('.delay').textContent = span(delay);
    this.showBefore(before);
    this.tick(now);
  }

  /** Shows the time since the message before. */
  showBefore(before: Entry | undefined): void {
    if (before) this.#part('.after').textContent = `+${span(this.entry.message.timestamp - before.message.timestamp)}`;
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

  #part(selector: string): Element {
    return this.element.querySelector(selector)!;
  }
}
