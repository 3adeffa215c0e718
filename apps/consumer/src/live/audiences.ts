import { type Filter, isEverything, type Message, nameOf } from '../history/index.ts';

/** Different filters at once, over all topics: each batch is looked through for each of its topic's. */
const MOST = 200;
/**
 * Messages that pass without a word to those who watch: whoever comes back then has no more than these to be looked
 * through again.
 */
const SILENT = 500;

/** One more filter than there may be. */
export class TooManyFiltersError extends Error {
  override readonly name = 'TooManyFiltersError';

  constructor() {
    super(
      `people watch with ${MOST} different filters now, and there may not be more: search the history instead, or try again later`,
    );
  }
}

/** The room of those who watch the same: a topic, or what a filter asks for of it. */
export function roomOf(topic: string, filter: Filter): string {
  // No topic has a space in its name.
  return isEverything(filter) ? topic : `${topic} ${nameOf(filter)}`;
}

/** Messages with their texts in lower case, which is made once for all filters. */
export class LoweredBatch {
  readonly #messages: Message[];
  readonly #texts: string[];

  constructor(messages: Message[]) {
    this.#messages = messages;
    this.#texts = messages.map(({ text }) => text.toLowerCase());
  }

  get length(): number {
    return this.#messages.length;
  }

  /** The messages that match a filter, whose words are in lower case. */
  matching({ contains, key }: Filter): Message[] {
    return this.#messages.filter(
      (message, index) =>
        (key === undefined || message.key === key) &&
        (contains === undefined || this.#texts[index]!.includes(contains)),
    );
  }
}

/** Those who watch a topic with the same filter. */
export class Audience {
  readonly room: string;
  /** How many they are. */
  members = 0;
  readonly #filter: Filter;
  #passed = 0;

  constructor(room: string, filter: Filter) {
    this.room = room;
    this.#filter = { contains: filter.contains?.toLowerCase(), key: filter.key };
  }

  /** The messages that are for them. */
  matching(batch: LoweredBatch): Message[] {
    return batch.matching(this.#filter);
  }

  /**
   * What they are sent of a batch: nothing if none of it is for them, but no messages rather than nothing when many
   * passed so.
   */
  choose(batch: LoweredBatch): Message[] | undefined {
    const chosen = this.matching(batch);
    this.#passed += batch.length;
    if (chosen.length === 0 && this.#passed < SILENT) return undefined;
    this.#passed = 0;
    return chosen;
  }
}

/** All who watch with a filter. */
export class Audiences {
  /** By topic and room. */
  readonly #topics = new Map<string, Map<string, Audience>>();
  #count = 0;

  /** Those of a topic. */
  of(topic: string): Audience[] {
    return [...(this.#topics.get(topic)?.values() ?? [])];
  }

  /**
   * Adds one who watches.
   *
   * @returns what takes them away again.
   * @throws {TooManyFiltersError} when it is with one filter too many.
   */
  add(topic: string, filter: Filter): () => void {
    const room = roomOf(topic, filter);
    const audiences = this.#topics.getOrInsertComputed(topic, () => new Map<string, Audience>());
    if (!audiences.has(room)) {
      if (this.#count === MOST) throw new TooManyFiltersError();
      this.#count += 1;
    }
    const audience = audiences.getOrInsertComputed(room, () => new Audience(room, filter));
    audience.members += 1;
    return () => {
      audience.members -= 1;
      if (audience.members > 0) return;
      audiences.delete(room);
      this.#count -= 1;
    };
  }
}
