import type { Positions } from '@hello/broadcasts';
import { encodeCursor } from './cursor.ts';
import type { Bound, History } from './history.ts';
import { AFTER_ALL, compareKeysets, type Keyset } from './keyset.ts';
import { type Message, toMessage } from './message.ts';
import type { CatchUp } from './server-events.ts';

/** Messages that a client may have missed and still gets all of. */
const RESUME_LIMIT = 1_000;
/** Messages that a client may be behind while it gets what it missed, which takes a slow one its time, and still gets all of. */
const LAG_LIMIT = 10_000;
/** What a new client gets. */
const FIRST_PAGE: Bound = { limit: 50, bytes: 256 * 1024 };
/** What a client that missed something gets at once. */
const PART: Bound = { limit: 250, bytes: 128 * 1024 };
/** Parts of all topics that are remembered, for others who come with the same positions at the same time: some megabytes. */
const REMEMBERED = 50;

/** What a client gets, and how far it is then: `next` where there is more for it before it is live. */
export interface Part {
  catchUp: CatchUp;
  next?: Positions;
}

/**
 * What clients get before anything live. It ends where the others are that are live, which is what was sent to them: what is in the
 * history beyond that is on its way to all of them.
 */
export class CatchUps {
  readonly #history: History;
  /** By topic, how far those are who are live. */
  readonly #sent = new Map<string, Positions>();
  /** By topic, what is the same for all who come now and ask for the same. */
  readonly #remembered = new Map<string, { changes: number; parts: Map<string, Part> }>();

  constructor(history: History) {
    this.#history = history;
  }

  /** How far those are who are live. */
  sent(topic: string): Positions {
    return this.#sent.getOrInsertComputed(topic, () => this.#history.positions(topic).copy());
  }

  /** Notes that messages go out to those who are live. */
  noteSent(topic: string, messages: Message[]): void {
    const sent = this.sent(topic);
    for (const message of messages) sent.advance(message);
    this.#remembered.delete(topic);
  }

  /** Notes that those who are live have everything, or that there is nothing yet: what is in the history now. */
  noteAllSent(topic: string): void {
    this.#sent.delete(topic);
    this.#remembered.delete(topic);
    this.sent(topic);
  }

  /** What comes first: what was missed after a client's positions, or else the newest messages that it does not have. */
  first(topic: string, positions: Positions | undefined): Part {
    const key = positions ? JSON.stringify(positions) : '';
    return this.#remember(topic, key, () => this.#first(topic, positions));
  }

  /** What comes after a part that was not all. */
  following(topic: string, positions: Positions): Part {
    return this.#remember(topic, `… ${JSON.stringify(positions)}`, () => this.#part(topic, positions, LAG_LIMIT));
  }

  /** Messages before which some are missing, the last that are in the history, for everyone; the newest of them, if they are many. */
  afterGap(topic: string, messages: Message[]): CatchUp {
    return this.#unrecovered(topic, messages.slice(-FIRST_PAGE.limit), this.#history.positions(topic));
  }

  /** Cursor of the history before messages; null when it is known that there is none. */
  older(topic: string, messages: Message[]): string | null {
    if (this.#history.count(topic) <= messages.length) return null;
    // Without messages it leads to the newest page.
    const [oldest = AFTER_ALL]: Keyset[] = messages.toSorted(compareKeysets);
    return encodeCursor(topic, oldest);
  }

  #first(topic: string, positions: Positions | undefined): Part {
    if (!positions || this.#history.isOfAnotherTopic(topic, positions) || positions.isAheadOf(this.sent(topic)))
      return { catchUp: this.#newest(topic) };
    return this.#part(topic, positions, RESUME_LIMIT);
  }

  #part(topic: string, positions: Positions, most: number): Part {
    const sent = this.sent(topic);
    const isTooMuch = this.#history.countBetween(topic, positions, sent, most + 1) > most;
    if (isTooMuch || this.#history.hasGapAfter(topic, positions))
      // The gap is before the first message that is sent, so none of those that the client has may come first.
      return { catchUp: this.#newest(topic, positions) };
    const records = this.#history.between(topic, positions, sent, PART);
    const messages = records.map((record) => toMessage(record));
    const next = positions.copy();
    for (const message of messages) next.advance(message);
    const isAll = this.#history.countBetween(topic, next, sent, 1) === 0;
    const catchUp = { topic, messages, recovered: true, older: this.older(topic, messages) };
    return isAll
      ? { catchUp: { ...catchUp, positions: sent.toJSON() } }
      : { catchUp: { ...catchUp, positions: next.toJSON() }, next };
  }

  /** The newest messages that were sent, without those that were passed. */
  #newest(topic: string, passed?: Positions): CatchUp {
    const sent = this.sent(topic);
    const { records } = this.#history.page(topic, FIRST_PAGE);
    const wanted = records.filter((record) => sent.passed(record) && !passed?.passed(record));
    return this.#unrecovered(topic, wanted.map((record) => toMessage(record)).toReversed(), sent);
  }

  #unrecovered(topic: string, messages: Message[], positions: Positions): CatchUp {
    return { topic, messages, recovered: false, positions: positions.toJSON(), older: this.older(topic, messages) };
  }

  /** The same object until something changes, since thousands may come at once and get it: then it is read and encoded once. */
  #remember(topic: string, key: string, make: () => Part): Part {
    const changes = this.#history.changes(topic);
    let known = this.#remembered.get(topic);
    if (known?.changes !== changes) {
      known = { changes, parts: new Map() };
      this.#remembered.set(topic, known);
    }
    const found = known.parts.get(key);
    if (found) return found;
    const all = [...this.#remembered.values()];
    if (all.reduce((count, { parts }) => count + parts.size, 0) >= REMEMBERED)
      for (const { parts } of all) parts.clear();
    const part = make();
    known.parts.set(key, part);
    return part;
  }
}
