const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 2_000;

interface OutboxOptions<T> {
  /**
   * Delivers one item, and says for how long it is held, in milliseconds. Called with the same item again after it
   * rejected, and never with two at once.
   */
  deliver: (item: T, heldForMs: () => number) => Promise<void>;
  /** How many items are held at most, the one on its way included. */
  limit: number;
  onHeld: (error: Error, held: number) => void;
  onDropped: (item: T) => void;
}

interface Held<T> {
  item: T;
  /** By `performance.now`. */
  since: number;
}

/**
 * Delivers items one after the other, in order. What cannot be delivered is held and tried again until it can. When
 * more than `limit` are held the oldest that is not on its way falls out.
 */
export class Outbox<T> {
  readonly #options: OutboxOptions<T>;
  readonly #items: Held<T>[] = [];
  #isDelivering = false;
  #isClosing = false;
  #endPause = (): void => {};
  #delivering: Promise<void> = Promise.resolve();

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
  }

  /** How many items are held, the one on its way included. */
  get size(): number {
    return this.#items.length;
  }

  /** How long the oldest item is held, in milliseconds; 0 without one. */
  get heldForMs(): number {
    const [oldest] = this.#items;
    return oldest ? performance.now() - oldest.since : 0;
  }

  put(item: T): void {
    this.#items.push({ item, since: performance.now() });
    // The first is on its way and may have been delivered by now, so it is not the one to fall out.
    if (this.#items.length > this.#options.limit) {
      const [dropped] = this.#items.splice(1, 1);
      this.#options.onDropped(dropped!.item);
    }
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    this.#delivering = this.#deliverAll();
  }

  /**
   * Waits for what is on its way and delivers what is held, without trying again what fails from now on.
   * What is not delivered within some milliseconds is given back, oldest first.
   */
  async close(withinMs: number): Promise<T[]> {
    this.#isClosing = true;
    this.#endPause();
    await Promise.race([this.#delivering, this.#pause(withinMs)]);
    this.#endPause();
    // Taken out, so that none of them is delivered after it was given back, but for the one that is on its way.
    return this.#items.splice(0).map(({ item }) => item);
  }

  async #deliverAll(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (this.#items.length > 0) {
      try {
        const { item, since } = this.#items[0]!;
        await this.#options.deliver(item, () => performance.now() - since);
        this.#items.shift();
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (this.#isClosing) return;
        this.#options.onHeld(error as Error, this.#items.length);
        await this.#pause(retryMs);
        retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      }
    }
    this.#isDelivering = false;
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#endPause = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }
}
