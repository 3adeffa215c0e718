/** What some clients should have got, and what became of it. */
export interface Account {
  expected: number;
  delivered: number;
  missing: number;
  doubled: number;
  outOfOrder: number;
}

/**
 * Knows of every message whether every client got it, once and in its order. Messages are told apart by their sequence.
 */
export class Ledger {
  readonly #first: number;
  readonly #count: number;
  /** Client -> the sequence that should come next. */
  readonly #next: Float64Array;
  /** Client -> sequences that were jumped over, and may still come. */
  readonly #skipped = new Map<number, Set<number>>();
  #delivered = 0;
  #doubled = 0;
  #outOfOrder = 0;

  /** Every one of `clients` should get `count` messages, with sequences from `first` on. */
  constructor(clients: number, first: number, count: number) {
    this.#first = first;
    this.#count = count;
    this.#next = new Float64Array(clients).fill(first);
  }

  get expected(): number {
    return this.#next.length * this.#count;
  }

  /** Whether every client has everything. */
  get complete(): boolean {
    return this.#delivered === this.expected;
  }

  /** A client got a message. Answers whether it is one that counts. */
  take(client: number, sequence: number): boolean {
    // What was sent before or after is not part of this.
    if (sequence < this.#first || sequence >= this.#first + this.#count) return false;
    const next = this.#next[client]!;
    if (sequence < next) return this.#takeLate(client, sequence);
    for (let skipped = next; skipped < sequence; skipped += 1) this.#skip(client, skipped);
    this.#next[client] = sequence + 1;
    this.#delivered += 1;
    return true;
  }

  account(): Account {
    const { expected } = this;
    return {
      expected,
      delivered: this.#delivered,
      missing: expected - this.#delivered,
      doubled: this.#doubled,
      outOfOrder: this.#outOfOrder,
    };
  }

  #skip(client: number, sequence: number): void {
    let skipped = this.#skipped.get(client);
    if (!skipped) this.#skipped.set(client, (skipped = new Set()));
    skipped.add(sequence);
  }

  #takeLate(client: number, sequence: number): boolean {
    if (!this.#skipped.get(client)?.delete(sequence)) {
      this.#doubled += 1;
      return false;
    }
    this.#outOfOrder += 1;
    this.#delivered += 1;
    return true;
  }
}
