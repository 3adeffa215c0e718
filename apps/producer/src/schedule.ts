import { drawWait, type WaitBounds } from './wait.ts';

/** One turn of the schedule. */
export interface Turn {
  /** 1 for the first turn. */
  sequence: number;
  /** When the turn was to come, in milliseconds since the Unix epoch. */
  dueAt: number;
  /** When the turn came, in milliseconds since the Unix epoch. */
  sentAt: number;
  /** The wait until the next turn, in milliseconds. */
  nextInMs: number;
}

/**
 * Takes a turn after each wait, every wait drawn anew. The schedule depends on nothing but its own timer, so it goes on
 * whatever happens to what was said.
 */
export class Schedule {
  readonly #bounds: WaitBounds;
  readonly #random: () => number;
  readonly #onTurn: (turn: Turn) => void;
  #sequence = 0;
  #nextAt: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor({ bounds, random, onTurn }: { bounds: WaitBounds; random: () => number; onTurn: (turn: Turn) => void }) {
    this.#bounds = bounds;
    this.#random = random;
    this.#onTurn = onTurn;
  }

  /** When the next turn comes, in milliseconds since the Unix epoch; null before the start. */
  get nextAt(): number | null {
    return this.#nextAt;
  }

  /** Starts with a wait. */
  start(): void {
    this.#wait(this.#draw());
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    const nextAt = Date.now() + ms;
    this.#nextAt = nextAt;
    this.#timer = setTimeout(() => {
      const nextInMs = this.#draw();
      this.#wait(nextInMs);
      this.#sequence += 1;
      const sentAt = Date.now();
      // A timer may come a millisecond early, and a clock may be put back.
      const dueAt = Math.min(Math.floor(nextAt), sentAt);
      this.#onTurn({ sequence: this.#sequence, dueAt, sentAt, nextInMs });
    }, ms);
  }

  #draw(): number {
    return drawWait(this.#bounds, this.#random);
  }
}
