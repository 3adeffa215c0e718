import type { Counts } from './counts.ts';
import type { Plot, Stretch } from './plot.ts';

/** Pixels that a pointer may move and still be a click. */
const CLICK_PX = 4;
const PAGE = 10;

interface Handlers {
  /** Somebody wants to go to a moment, in milliseconds since the Unix epoch. */
  onSeek: (ms: number) => void;
  /** Somebody wants to see a stretch of time, in milliseconds since the Unix epoch. */
  onRange: (fromMs: number, toMs: number) => void;
  /** What is pointed at is another bucket, or none any more. */
  onMove: () => void;
}

/** What somebody points at in the histogram, by pointer or by keys: a bucket, or all from one bucket to another. */
export class HistogramCursor {
  readonly #plot: Plot;
  readonly #handlers: Handlers;
  #counts: Counts | undefined;
  /** Times within the buckets, which other buckets have, too. The anchor is where a choice began. */
  #at: number | undefined;
  #anchor: number | undefined;
  #pressedX: number | undefined;
  #shown: Element | undefined;

  constructor(plot: Plot, handlers: Handlers) {
    this.#plot = plot;
    this.#handlers = handlers;
    plot.element.addEventListener('keydown', (event) => this.#press(event));
    plot.element.addEventListener('blur', () => this.clear());
    plot.element.addEventListener('pointerdown', (event) => this.#begin(event));
    plot.element.addEventListener('pointermove', (event) => this.#move(event));
    plot.element.addEventListener('pointerup', (event) => this.#end(event));
    plot.element.addEventListener('pointercancel', () => this.clear());
    plot.element.addEventListener('pointerleave', () => this.#anchor ?? this.clear());
  }

  /** The buckets that are pointed at. */
  get stretch(): Stretch | undefined {
    if (this.#at === undefined || !this.#counts) return undefined;
    const one = this.#counts.bucketAt(this.#at);
    const other = this.#counts.bucketAt(this.#anchor ?? this.#at);
    return { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
  }

  /** Shows itself in a picture of these counts, or not at all. */
  show(counts: Counts | undefined): void {
    this.#counts = counts;
    const { stretch } = this;
    const part = stretch && this.#plot.mark('cursor', stretch);
    if (part) this.#plot.add(part);
    this.#shown?.remove();
    this.#shown = part;
  }

  clear(): void {
    this.#pressedX = undefined;
    this.#anchor = undefined;
    this.#point(undefined);
  }

  #point(time: number | undefined): void {
    this.#at = time;
    this.show(this.#counts);
    this.#handlers.onMove();
  }

  #press(event: KeyboardEvent): void {
    if (!this.#counts || event.ctrlKey || event.metaKey || event.altKey) return;
    const { from, to, bucketMs } = this.#counts;
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      PageDown: -PAGE,
      PageUp: PAGE,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      // Who points at nothing yet comes from the end.
      const at = this.#at ?? to;
      this.#anchor = event.shiftKey ? (this.#anchor ?? Math.min(at, to - bucketMs)) : undefined;
      this.#point(clamp(at + step * bucketMs, from, to - bucketMs));
    } else if (event.key === 'Enter' && this.#at !== undefined) this.#go();
    else if (event.key === 'Escape' && this.#at !== undefined) this.clear();
    else return;
    // Keys of the page do not go to the histogram's.
    event.preventDefault();
    event.stopPropagation();
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0 || !this.#counts) return;
    this.#plot.element.setPointerCapture(event.pointerId);
    this.#pressedX = event.clientX;
    this.#anchor = undefined;
    this.#point(this.#plot.timeAt(event.clientX));
  }

  #move(event: PointerEvent): void {
    if (!this.#counts) return;
    const isDragged = this.#pressedX !== undefined && Math.abs(event.clientX - this.#pressedX) > CLICK_PX;
    if (isDragged) this.#anchor ??= this.#plot.timeAt(this.#pressedX!);
    if (this.#pressedX === undefined || this.#anchor !== undefined) this.#point(this.#plot.timeAt(event.clientX));
  }

  #end(event: PointerEvent): void {
    if (this.#pressedX === undefined) return;
    this.#pressedX = undefined;
    this.#plot.element.releasePointerCapture(event.pointerId);
    this.#go();
  }

  /** Goes to what is pointed at: a moment in the middle of one bucket, or all of some. */
  #go(): void {
    const { stretch } = this;
    if (!stretch) return;
    const { onSeek, onRange } = this.#handlers;
    const isRange = this.#anchor !== undefined;
    this.clear();
    if (isRange) onRange(stretch.from, stretch.to);
    else onSeek((stretch.from + stretch.to) / 2);
  }
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
