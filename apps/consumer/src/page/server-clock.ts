/** Round trips of one look at the server's clock: the shortest tells its time best. */
const ROUND_TRIPS = 4;
/** Time from one look to the next, in milliseconds: clocks drift apart, by some milliseconds in a minute at worst. */
const LOOK_MS = 60_000;
/** Time between two looks at least, in milliseconds: a server cuts off who asks without end. */
const REST_MS = 5_000;
/** A larger step of the browser's clock is no drift, in milliseconds: somebody set it, or the machine slept. */
const STEP_MS = 1_000;

/**
 * The server's clock, as far as the page can tell. That of the browser may be wrong, and may be set while the page is
 * open; so it is never compared with times that come from elsewhere.
 */
export class ServerClock {
  readonly #ask: () => Promise<number>;
  /**
   * The server's time at the zero of `performance.now`, which nobody can set. As long as nothing is known, the
   * browser's.
   */
  #zero = browserZero();
  #isKnown = false;
  /** Those of the last look, to tell whether it is time for another. */
  #lookedAt = -Infinity;
  #browserZero = this.#zero;
  #looks = 0;

  /** @param ask asks the server for its time, in milliseconds since the Unix epoch. Rejects when it cannot be asked. */
  constructor(ask: () => Promise<number>) {
    this.#ask = ask;
  }

  /** The server's time, in milliseconds since the Unix epoch. */
  now(): number {
    return performance.now() + this.#zero;
  }

  /**
   * Takes in a time that the server just told unasked, which is late by its way, and looks closer. One of before tells
   * none.
   */
  hear(time: number | undefined): void {
    if (time === undefined) return;
    const zero = time - performance.now();
    if (!this.#isKnown || Math.abs(zero - this.#zero) > STEP_MS) this.#zero = zero;
    this.#isKnown = true;
    void this.#look();
  }

  /** Looks again, when it is time for that. To be called every now and then. */
  keep(): void {
    const isOld = performance.now() - this.#lookedAt >= LOOK_MS;
    if (isOld || Math.abs(browserZero() - this.#browserZero) > STEP_MS) void this.#look();
  }

  async #look(): Promise<void> {
    if (performance.now() - this.#lookedAt < REST_MS) return;
    const look = ++this.#looks;
    this.#lookedAt = performance.now();
    this.#browserZero = browserZero();
    let shortest = Infinity;
    let zero = 0;
    try {
      for (let trips = 0; trips < ROUND_TRIPS; trips += 1) {
        const before = performance.now();
        const time = await this.#ask();
        const after = performance.now();
        if (look !== this.#looks) return;
        if (after - before >= shortest) continue;
        shortest = after - before;
        zero = time - (before + after) / 2;
      }
    } catch {
      // Without a connection nobody can be asked. The next one begins with the time.
      this.#lookedAt = -Infinity;
      return;
    }
    this.#zero = zero;
  }
}

function browserZero(): number {
  return Date.now() - performance.now();
}
