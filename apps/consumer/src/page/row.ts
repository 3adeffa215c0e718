import { permalink } from './address.ts';
import { element, setText } from './element.ts';
import { type Entry, latency, timeBetween, timeOf } from './entry.ts';
import type { Gap } from './gap.ts';
import { bytes } from './text.ts';
import { absolute, ago, span } from './time.ts';

const template = element<HTMLTemplateElement>('row');

/** The entries of the rows, by their elements. */
const entries = new WeakMap<Element, Entry>();

/** The entry of a row's element. */
export function entryOf(row: Element): Entry {
  return entries.get(row)!;
}

/** A message's row. */
export class Row {
  readonly element: HTMLElement;
  readonly entry: Entry;
  readonly #relative: Element;
  #gap: Gap | undefined;

  /** @param now is the server's time. It is when the message shows here, unless it did so before. */
  constructor(entry: Entry, now: number) {
    this.entry = entry;
    if (entry.receivedAt !== null) entry.shownAt ??= now;
    this.element = template.content.firstElementChild!.cloneNode(true) as HTMLElement;
    entries.set(this.element, entry);
    const { text, isUnreadable } = entry.message;
    this.#part('.text').textContent = text;
    this.element.classList.toggle('unreadable', isUnreadable);
    this.#showMore();
    this.#showWhole();
    this.showTime(now);
    this.#relative = this.#part('.relative');
    this.#showPlace();
    const delay = latency(entry);
    if (delay !== null) this.#part('.delay').textContent = span(delay);
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
    const ms = below && !this.hasGap ? timeBetween(below.entry, this.entry) : null;
    this.#part('.after').textContent = ms === null ? null : `+${span(ms)}`;
  }

  /** Marks that messages are missing below this row, which is on the page. */
  markGap(gap: Gap): void {
    this.#gap = gap;
    this.element.after(gap.element);
    this.showBefore(undefined);
  }

  /** Whether what is missing is known not to be had. */
  get isLost(): boolean {
    return this.#gap?.isLost ?? false;
  }

  /** Says at the mark that what is missing is not to be had. */
  sayLost(): void {
    this.#gap?.sayLost();
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
    const time = timeOf(this.entry);
    setText(this.#relative, time === null ? 'no time' : ago(time, now));
  }

  /** Brings the absolute time up to date, whose date shows unless it is today's. */
  showTime(now: number): void {
    const { time, environment } = this.entry.message;
    const place = this.#part('.absolute') as HTMLTimeElement;
    const from = environment === null ? [] : [`from ${environment}`];
    if (time === null) {
      place.textContent = 'no valid time';
      place.title = from.join('');
      return;
    }
    place.dateTime = new Date(time).toISOString();
    place.textContent = absolute(time, now);
    place.title = [place.dateTime, ...from].join(', ');
  }

  /** Shows what the message has beside its text and its columns. */
  #showMore(): void {
    const { key, environment, added } = this.entry.message;
    // A broadcast's key is its environment, which tells nothing that is not known.
    const words = key === null || key === environment ? added : [['key', key] as const, ...added];
    if (words.length === 0) return;
    const more = document.createElement('p');
    more.className = 'more';
    for (const [name, value] of words) {
      const item = document.createElement('span');
      item.textContent = `${name} ${value}`;
      more.append(item, ' ');
    }
    this.#part('.message').append(more);
  }

  #showWhole(): void {
    const { whole } = this.entry.message;
    if (!whole) return;
    const link = document.createElement('a');
    link.className = 'whole';
    link.href = whole.address;
    link.textContent = `whole message (${bytes(whole.size)})`;
    // An address of elsewhere, or of another scheme, is none that our server gives.
    if (link.origin === location.origin) this.#part('.message').append(link);
  }

  /**
   * Shows where the message is, which is the link to it. The way to it by keyboard is through the message's details.
   */
  #showPlace(): void {
    const { topic, partition, offset } = this.entry.message;
    if (partition < 0) return;
    const link = this.#part('.place').firstElementChild as HTMLAnchorElement;
    link.textContent = `${partition}/${offset}`;
    if (topic !== null) link.href = permalink(topic, partition, offset);
  }

  #part(selector: string): Element {
    return this.element.querySelector(selector)!;
  }
}
