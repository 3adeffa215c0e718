import { element, setText } from './element.ts';
import { type Entry, latency } from './entry.ts';

/** What a producer's clock may be ahead by, in milliseconds. */
const AHEAD_MS = 1_000;

const figure = element('next');
const progress = element<HTMLProgressElement>('progress');
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/** Counts down to the next broadcast, which the last one announced. */
export class Countdown {
  #saidAt = 0;
  #waitMs = 0;

  /**
   * Takes in the newest message. The wait of one that came live began when it was said, by our clock as far as can be
   * told.
   */
  follow(entry: Entry): void {
    const { sentAt, nextInMs } = entry.message;
    if (sentAt === null || nextInMs === null) return;
    this.#saidAt = entry.receivedAt === null ? sentAt : entry.receivedAt - (latency(entry) ?? 0);
    this.#waitMs = nextInMs;
  }

  /**
   * Takes in when the next one is due, where the server knows it: before the first one of a producer nothing else
   * tells.
   */
  expect(dueAt: number | undefined, now: number): void {
    const isCounting = this.#isKnown(now) && this.#saidAt + this.#waitMs > now;
    if (isCounting || dueAt === undefined || dueAt <= now) return;
    this.#saidAt = now;
    this.#waitMs = dueAt - now;
  }

  clear(): void {
    this.#waitMs = 0;
  }

  /** @param hearsAll is whether the next broadcast would be heard here, so that one that is not is late. */
  tick(now: number, hearsAll: boolean): void {
    const left = this.#saidAt + this.#waitMs - now;
    const isKnown = this.#isKnown(now) && (left > 0 || hearsAll);
    progress.value = isKnown && left > 0 ? Math.max(0, 1 - left / this.#waitMs) : 0;
    setText(figure, isKnown ? describe(left) : '–');
  }

  /**
   * Whether there is a broadcast to wait for. What was not said yet is of a producer whose clock is ahead, and how far
   * it is nobody knows.
   */
  #isKnown(now: number): boolean {
    return this.#waitMs > 0 && this.#saidAt <= now + AHEAD_MS;
  }
}

function describe(leftMs: number): string {
  if (leftMs <= 0) return leftMs > -2_000 ? 'now' : 'overdue';
  return reducedMotion.matches ? `${Math.ceil(leftMs / 1000)} s` : `${(leftMs / 1000).toFixed(1)} s`;
}
