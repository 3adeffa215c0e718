import { Positions, type PositionsObject } from '@hello/broadcasts';
import {
  AFTER_ALL,
  type Bound,
  earlier,
  encodeCursor,
  type Filter,
  type History,
  isEverything,
  type Keyset,
  matches,
  type Message,
  nameOf,
  toMessage,
} from '../history/index.ts';
import type { CatchUp } from './server-events.ts';

/** Messages that a client may have missed and still gets all of. */
const RESUME_LIMIT = 1_000;
/**
 * Messages that a client may be behind while it gets what it missed, which takes a slow one its time, and still gets
 * all of. As many may have passed one that watches with a filter, most of which are not for it.
 */
const LAG_LIMIT = 10_000;
/** What a new client gets. */
const FIRST_PAGE: Bound = { limit: 50, bytes: 256 * 1024 };
/** What a client that missed something gets at once. */
const PART: Bound = { limit: 250, bytes: 128 * 1024 };
/** Messages that are counted as missed. */
const COUNTED = 10_001;
/**
 * Parts of all topics that are remembered, for others who come with the same positions at the same time: some
 * megabytes.
 */
const REMEMBERED = 50;

/** What a client gets, and how far it is then: `next` where there is more for it before it is live. */
export interface Part {
  catchUp: CatchUp;
  next?: Positions;
}

/**
 * What clients get before anything live. It ends where the others are that are live, which is what was sent to them:
 * what is in the history beyond that is on its way to all of them. A client says in its handshake how far it was
 * (handshake.ts, page/connection.ts).
 */
export class CatchUps {
  readonly #history: History;
  /** By topic, how far those are who are live. */
  readonly #live = new Map<string, Positions>();
  /** By topic, what is the same for all who come now and ask for the same. */
  readonly #remembered = new Map<string, { version: number; parts: Map<string, Part> }>();

  constructor(history: History) {
    this.#history = history;
  }

  /** How far those are who are live. */
  livePositions(topic: string): Positions {
    return this.#live.getOrInsertComputed(topic, () => this.#history.positions(topic).copy());
  }

  /** How far they are after messages that go out to them. */
  livePositionsAfter(topic: string, messages: Message[]): PositionsObject {
    const live = this.livePositions(topic).copy();
    for (const message of messages) live.advance(message);
    return live.toJSON();
  }

  /** Notes that messages go out to those who are live. */
  noteSent(topic: string, messages: Message[]): void {
    const live = this.livePositions(topic);
    for (const message of messages) live.advance(message);
    this.#remembered.delete(topic);
  }

  /** Notes that those who are live have everything, or that there is nothing yet: what is in the history now. */
  noteAllSent(topic: string): void {
    this.#live.delete(topic);
    this.#remembered.delete(topic);
    this.livePositions(topic);
  }

  /**
   * What comes first: what was missed after a client's positions, or else the newest messages that it does not have.
   */
  first(topic: string, positions: Positions | undefined, filter: Filter = {}): Part {
    const key = `${nameOf(filter)} ${positions ? JSON.stringify(positions) : ''}`;
    return this.#remember(topic, key, () => this.#first(topic, positions, filter));
  }

  /** What comes after a part that was not all. */
  following(topic: string, positions: Positions, filter: Filter = {}): Part {
    const key = `${nameOf(filter)} … ${JSON.stringify(positions)}`;
    return this.#remember(topic, key, () => this.#part(topic, positions, LAG_LIMIT, filter));
  }

  /**
   * Messages before which some are missing, the last that are in the history, for everyone; the newest of them, if they
   * are many.
   */
  afterGap(topic: string, messages: Message[]): CatchUp {
    const positions = this.#history.positions(topic);
    const catchUp = this.#catchUp(topic, messages.slice(-FIRST_PAGE.limit), positions, false);
    return { ...catchUp, total: this.#history.count(topic) };
  }

  /** Cursor of the history before messages; null when it is known that there is none. */
  older(topic: string, messages: Message[]): string | null {
    if (this.#history.count(topic) <= messages.length) return null;
    // Without messages it leads to the newest page.
    const oldest = messages.reduce((place: Keyset, message) => earlier(place, message), AFTER_ALL);
    return encodeCursor(topic, oldest);
  }

  #first(topic: string, positions: Positions | undefined, filter: Filter): Part {
    if (!positions) return { catchUp: this.#newest(topic, filter) };
    if (this.#history.isOfAnotherTopic(topic, positions) || positions.isAheadOf(this.livePositions(topic)))
      return { catchUp: this.#newest(topic, filter, new Positions()) };
    return this.#part(topic, positions, isEverything(filter) ? RESUME_LIMIT : LAG_LIMIT, filter);
  }

  #part(topic: string, positions: Positions, most: number, filter: Filter): Part {
    const sent = this.livePositions(topic);
    const isTooMuch = this.#history.countBetween(topic, positions, sent, most + 1) > most;
    if (isTooMuch || this.#history.hasGapAfter(topic, positions))
      // The gap is before the first message that is sent, so none of those that the client has may come first.
      return { catchUp: this.#newest(topic, filter, positions) };
    const records = this.#history.between(topic, positions, sent, PART);
    const next = positions.copy();
    for (const record of records) next.advance(record);
    const messages = records.map((record) => toMessage(record)).filter((message) => matches(filter, message));
    const isAll = this.#history.countBetween(topic, next, sent, 1) === 0;
    return isAll
      ? { catchUp: this.#catchUp(topic, messages, sent, true) }
      : { catchUp: this.#catchUp(topic, messages, next, true), next };
  }

  /**
   * The newest messages that were sent, without those that a client passed. None with a filter: they would have to be
   * looked for, which takes as long as it takes.
   *
   * @param passed where the client is that missed something.
   */
  #newest(topic: string, filter: Filter, passed?: Positions): CatchUp {
    const sent = this.livePositions(topic);
    const records = isEverything(filter) ? this.#history.page(topic, FIRST_PAGE).records : [];
    const wanted = records.filter((record) => sent.passed(record) && !passed?.passed(record));
    const messages = wanted.map((record) => toMessage(record)).toReversed();
    const catchUp = this.#catchUp(topic, messages, sent, false);
    return passed ? { ...catchUp, missed: this.#history.countBetween(topic, passed, sent, COUNTED) } : catchUp;
  }

  #catchUp(topic: string, messages: Message[], positions: Positions, recovered: boolean): CatchUp {
    const history = this.#history;
    const onTheWay = history.countBetween(topic, this.livePositions(topic), history.positions(topic), COUNTED);
    return {
      topic,
      messages,
      recovered,
      positions: positions.toJSON(),
      older: this.older(topic, messages),
      total: history.count(topic) - onTheWay,
      partitions: history.partitions(topic),
    };
  }

  /**
   * The same object until something changes, since thousands may come at once and get it: then it is read and encoded
   * once.
   */
  #remember(topic: string, key: string, make: () => Part): Part {
    const version = this.#history.version(topic);
    let known = this.#remembered.get(topic);
    if (known?.version !== version) {
      known = { version, parts: new Map() };
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
