import { pino } from 'pino';

/** What a logger was told, all of it, awaited rather than looked for again and again. */
export class LogLines {
  text = '';
  readonly logger = pino({ level: 'trace' }, this);
  #changed = Promise.withResolvers<void>();

  write(line: string): void {
    this.text += line;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Waits until so many matches of a pattern are there. */
  async say(pattern: RegExp, { times = 1 } = {}): Promise<void> {
    while ([...this.text.matchAll(new RegExp(pattern, 'g'))].length < times) await this.#changed.promise;
  }
}
