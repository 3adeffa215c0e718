import type { Positions } from '@hello/broadcasts';
import { encodeCursor } from './cursor.ts';
import type { History } from './history.ts';
import { compareKeysets } from './keyset.ts';
import type { Message } from './message.ts';
import type { CatchUp } from './server-events.ts';

/** Messages that a client may have missed and still gets all of. */
const RESUME_LIMIT = 1_000;
/** Messages that a new client gets. */
const FIRST_PAGE = 50;

/** What clients get before anything live. */
export class CatchUps {
  readonly #history: History;
  /** What newcomers to a topic get, with the history's `changes` at the time when it was made. */
  readonly #first = new Map<string, { changes: number; catchUp: CatchUp }>();

  constructor(history: History) {
    this.#history = history;
  }

  /** What came after a client's positions, or else the newest messages that it does not have. */
  since(topic: string, positions: Positions | undefined): CatchUp {
    const history = this.#history;
    const isKnown = positions && !history.isBehind(topic, positions) && !history.isOfAnotherTopic(topic, positions);
    if (!isKnown) return this.#newest(topic);
    const { complete, messages } = history.since(topic, positions, RESUME_LIMIT);
    if (complete) return { ...this.#unrecovered(topic, messages), recovered: true };
    const newest = this.#newest(topic);
    // The gap is before the first message that is sent, so none of those that the client has may come first.
    return this.#unrecovered(
      topic,
      newest.messages.filter((message) => !positions.passed(message)),
    );
  }

  /** Messages before which some are missing, for everyone; the newest of them, if they are many. */
  afterGap(topic: string, messages: Message[]): CatchUp {
    return this.#unrecovered(topic, messages.slice(-RESUME_LIMIT));
  }

  /** Cursor of the history before messages. A topic with no more than these has nothing before them. */
  older(topic: string, messages: Message[]): string | null {
    if (this.#history.count(topic) <= messages.length) return null;
    const [oldest] = messages.toSorted(compareKeysets);
    return oldest ? encodeCursor(topic, oldest) : null;
  }

  /** The newest messages: the same object until something changes, since thousands may come at once and get it. */
  #newest(topic: string): CatchUp {
    const changes = this.#history.changes(topic);
    const known = this.#first.get(topic);
    if (known?.changes === changes) return known.catchUp;
    const { messages } = this.#history.page(topic, { limit: FIRST_PAGE });
    const catchUp = this.#unrecovered(topic, messages.map((json) => JSON.parse(json) as Message).toReversed());
    this.#first.set(topic, { changes, catchUp });
    return catchUp;
  }

  #unrecovered(topic: string, messages: Message[]): CatchUp {
    const positions = this.#history.positions(topic).toJSON();
    return { topic, messages, recovered: false, positions, older: this.older(topic, messages) };
  }
}
