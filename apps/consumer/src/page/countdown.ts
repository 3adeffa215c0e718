import type { Message } from '../message.ts';
import { element, setText } from './element.ts';

const figure = element('next');
const progress = element<HTMLProgressElement>('progress');
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/** Counts down to the next broadcast, which the last one announced. */
export class Countdown {
  #dueAt = 0;
  #waitMs = 0;

  follow({ sentAt, nextInMs }: Message): void {
    if (sentAt === null || nextInMs === null) return;
    this.#dueAt = sentAt + nextInMs;
    this.#waitMs = nextInMs;
  }

  clear(): void {
    this.#waitMs = 0;
  }

  tick(now: number): void {
    const left = this.#dueAt - now;
    progress.value = this.#waitMs > 0 && left > 0 ? 1 - left / this.#waitMs : 0;
    setText(figure, this.#waitMs === 0 ? '–' : describe(left));
  }
}

function describe(leftMs: number): string {
  if (leftMs <= 0) return leftMs > -2_000 ? 'now' : 'overdue';
  return reducedMotion.matches ? `${Math.ceil(leftMs / 1000)} s` : `${(leftMs / 1000).toFixed(1)} s`;
}
