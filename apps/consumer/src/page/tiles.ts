import { element, setText } from './element.ts';
import { type Entry, latency, timeBetween } from './entry.ts';
import { span } from './time.ts';

const gapFigure = element('gap');
const latencyFigure = element('latency');
const receivedFigure = element('received');

/** The figures of the newest message. */
export class Tiles {
  #received = 0;
  #last: Entry | undefined;
  #gapMs: number | null = null;
  #latencyMs: number | null = null;

  /**
   * Takes in messages that follow on the last one, oldest first. Those that came live tell a latency, and are counted.
   */
  add(entries: Entry[]): void {
    for (const entry of entries) {
      if (this.#last) this.#gapMs = timeBetween(this.#last, entry);
      this.#last = entry;
      if (entry.receivedAt === null) continue;
      this.#received += 1;
      if (entry.message.sentAt !== null) this.#latencyMs = latency(entry);
    }
  }

  /** Takes in the newest message from the history, so that the first live one has one before it. */
  follow(entry: Entry): void {
    this.#last = entry;
  }

  clear(): void {
    this.#received = 0;
    this.#last = undefined;
    this.#gapMs = null;
    this.#latencyMs = null;
  }

  draw(): void {
    setText(gapFigure, this.#gapMs === null ? '–' : span(this.#gapMs));
    setText(latencyFigure, this.#latencyMs === null ? '–' : span(this.#latencyMs));
    setText(receivedFigure, this.#received.toLocaleString('en'));
  }
}
