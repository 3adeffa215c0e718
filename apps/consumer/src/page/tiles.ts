import { element, setText } from './element.ts';
import { type Entry, latency } from './entry.ts';
import { span } from './time.ts';

const gap = element('gap');
const delay = element('latency');
const received = element('received');

/** The figures of the newest message. */
export class Tiles {
  #received = 0;
  #last: Entry | undefined;

  /** Takes in messages that arrived live, oldest first. */
  show(entries: Entry[]): void {
    const last = entries.at(-1);
    if (!last) return;
    const before = entries.at(-2) ?? this.#last;
    this.#last = last;
    this.#received += entries.length;
    if (before) setText(gap, span(last.message.timestamp - before.message.timestamp));
    const ms = latency(last);
    if (ms !== null) setText(delay, span(ms));
    setText(received, this.#received.toLocaleString('en'));
  }

  /** Takes in the newest message from the history, so that the first live one has one before it. */
  follow(entry: Entry): void {
    this.#last = entry;
  }

  clear(): void {
    this.#last = undefined;
    this.#received = 0;
    setText(received, '0');
    for (const figure of [gap, delay]) setText(figure, '–');
  }
}
