import { element } from './element.ts';
import { roundBelow, ticks } from './ticks.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** The units of the drawing, which is stretched over its place. */
const WIDTH = 1_000;
const HEIGHT = 100;
/** A bar is seen, however small it is beside others. */
const LEAST = 3;
/** What a bar takes of its time; the rest parts it from the next. */
const SHARE = 0.85;
/** Room above the highest bar. */
const HEADROOM = 1.2;
/** Pixels that a label takes. */
const LABEL_PX = 80;

/** A stretch of time, in milliseconds since the Unix epoch. */
export interface Stretch {
  from: number;
  to: number;
}

export interface Bar extends Stretch {
  value: number;
}

/** What a plot shows of a stretch of time. */
export interface Picture extends Stretch {
  bars: Bar[];
  /** Higher ones, which stand pale behind the others. */
  behind?: Bar[];
  /** When nobody looked, so that there may have been more than is drawn. */
  unseen: Stretch[];
}

/** Bars over time. All its colours are those of the styles, also in forced colours, in the dark and on paper. */
export class Plot {
  readonly element: HTMLElement;
  readonly #format: (value: number) => string;
  readonly #behind = path('behind');
  readonly #bars = path('bars');
  readonly #area = div('area');
  readonly #unseen = div('unseen');
  readonly #level = div('level');
  readonly #value = document.createElement('span');
  readonly #axis = div('axis');
  #from = 0;
  #to = 1;

  constructor(id: string, format: (value: number) => string) {
    this.#format = format;
    const drawing = document.createElementNS(SVG, 'svg');
    drawing.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    drawing.setAttribute('preserveAspectRatio', 'none');
    drawing.append(this.#behind, this.#bars);
    this.#area.append(this.#unseen, drawing, this.#level);
    this.#level.append(this.#value);
    this.element = element(id);
    // What is drawn is told in words beside it.
    for (const part of [this.#area, this.#axis]) part.setAttribute('aria-hidden', 'true');
    this.element.append(this.#area, this.#axis);
  }

  draw({ from, to, bars, behind = [], unseen }: Picture): void {
    [this.#from, this.#to] = [from, to];
    const most = Math.max(0, ...bars.map(({ value }) => value), ...behind.map(({ value }) => value));
    this.#bars.setAttribute('d', this.#outline(bars, most));
    this.#behind.setAttribute('d', this.#outline(behind, most));
    this.#unseen.replaceChildren(
      ...unseen.filter((each) => each.from < to && each.to > from).map((each) => this.mark('hatch', each)),
    );
    this.#drawLevel(most);
    this.#axis.replaceChildren(...this.#labels());
  }

  /** Adds something to the drawing that is made with `mark`. */
  add(part: HTMLElement): void {
    this.#area.append(part);
  }

  /** Makes a part of the drawing that takes a stretch of time. */
  mark(name: string, { from, to }: Stretch): HTMLElement {
    const part = div(name);
    const [start, end] = [this.#share(from), this.#share(to)];
    part.style.left = `${100 * start}%`;
    part.style.width = `${100 * (end - start)}%`;
    return part;
  }

  /** The time at a place of the window, in milliseconds since the Unix epoch. */
  timeAt(clientX: number): number {
    const { left, width } = this.#area.getBoundingClientRect();
    return this.#from + Math.min(1, Math.max(0, (clientX - left) / width)) * (this.#to - this.#from);
  }

  /** Where a time is, from 0 at the left to 1 at the right. */
  #share(time: number): number {
    return Math.min(1, Math.max(0, (time - this.#from) / (this.#to - this.#from)));
  }

  #outline(bars: Bar[], most: number): string {
    return bars
      .filter(({ value, from, to }) => value > 0 && to > this.#from && from < this.#to)
      .map(({ from, to, value }) => {
        const left = this.#share(from) * WIDTH;
        const width = (this.#share(to) * WIDTH - left) * SHARE;
        const height = Math.max(LEAST, (value / (most * HEADROOM)) * HEIGHT);
        return `M${left.toFixed(2)} ${HEIGHT}v${(-height).toFixed(2)}h${width.toFixed(2)}V${HEIGHT}z`;
      })
      .join('');
  }

  /** One line across at a round value tells how high the bars are. */
  #drawLevel(most: number): void {
    this.#level.hidden = most < 1;
    if (most < 1) return;
    const value = roundBelow(most);
    this.#level.style.bottom = `${(100 * value) / (most * HEADROOM)}%`;
    this.#value.textContent = this.#format(value);
  }

  #labels(): HTMLElement[] {
    const most = Math.max(2, Math.floor(this.element.clientWidth / LABEL_PX));
    const hasRoom = (time: number) => this.#share(time) <= 1 - 0.5 / most;
    return ticks(this.#from, this.#to, most)
      .filter(({ time }) => hasRoom(time))
      .map(({ time, label }) => {
        const part = this.mark('tick', { from: time, to: time });
        part.textContent = label;
        return part;
      });
  }
}

function path(name: string): SVGPathElement {
  const made = document.createElementNS(SVG, 'path');
  made.setAttribute('class', name);
  return made;
}

function div(name: string): HTMLElement {
  const made = document.createElement('div');
  made.className = name;
  return made;
}
