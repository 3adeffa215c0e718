/** Time for pieces of work in one turn of the event loop, in milliseconds; each piece takes about as long at most. */
const TURN_MS = 2;

/**
 * Does pieces of work in order, some milliseconds of them in each turn of the event loop. So what is long for one
 * person is many short waits for the others, however many ask for something long at the same time.
 */
export class WorkQueue {
  readonly #pieces: (() => void)[] = [];
  #isScheduled = false;

  /** Does a piece of work in its turn. Resolves or rejects as it does. */
  do<T>(piece: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#pieces.push(() => {
      try {
        resolve(piece());
      } catch (error) {
        reject(error);
      }
    });
    this.#schedule();
    return promise;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const end = performance.now() + TURN_MS;
    let done = 0;
    do this.#pieces[done++]!();
    while (done < this.#pieces.length && performance.now() < end);
    this.#pieces.splice(0, done);
    this.#isScheduled = false;
    if (this.#pieces.length > 0) this.#schedule();
  }
}
