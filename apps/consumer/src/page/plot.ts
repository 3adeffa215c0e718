import uPlot from 'uplot';
import { element } from './element.ts';

const HEIGHT = 112;
/** Steps between an axis' labels, whole numbers only: there is no half message, and nobody needs half a millisecond. */
const STEPS = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

export type Point = [seconds: number, value: number];

/** One plot over time, drawn in the page's colours. */
export class Plot {
  readonly #place: HTMLElement;
  readonly #paths: uPlot.Series.PathBuilder | undefined;
  readonly #format: (value: number) => string;
  #plot: uPlot;
  #redraw = () => {};

  /** @param paths how points are joined; by default with a line. */
  constructor(id: string, paths: uPlot.Series.PathBuilder | undefined, format: (value: number) => string) {
    this.#place = element(id);
    this.#paths = paths;
    this.#format = format;
    this.#plot = this.#create();
    new ResizeObserver(() => this.#plot.setSize({ width: this.#place.clientWidth, height: HEIGHT })).observe(
      this.#place,
    );
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.destroy();
      this.#plot = this.#create();
      this.#redraw();
    });
  }

  /** Draws points between two times, in seconds since the Unix epoch. */
  draw(points: Point[], start: number, end: number): void {
    this.#redraw = () => this.draw(points, start, end);
    const values = points.map(([, value]) => value);
    this.#plot.batch(() => {
      this.#plot.setData([points.map(([seconds]) => seconds), values], false);
      this.#plot.setScale('x', { min: start, max: end });
      this.#plot.setScale('y', { min: 0, max: Math.max(1, ...values) * 1.15 });
    });
  }

  #create(): uPlot {
    const axis = { stroke: colour('--muted'), ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const accent = colour('--accent');
    return new uPlot(
      {
        width: this.#place.clientWidth,
        height: HEIGHT,
        padding: [12, 16, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true, auto: false }, y: { auto: false } },
        axes: [
          { ...axis, grid: { show: false }, size: 22, space: 44, incrs: [60, 120, 300], values: '{HH}:{mm}' },
          {
            ...axis,
            grid: { stroke: colour('--line'), width: 1 },
            size: 52,
            space: 28,
            incrs: STEPS,
            values: (_, ticks) => ticks.map(this.#format),
          },
        ],
        series: [
          {},
          {
            stroke: accent,
            fill: this.#paths ? accent : undefined,
            width: this.#paths ? 0 : 1.5,
            paths: this.#paths,
            points: { show: !this.#paths, size: 5, fill: accent },
          },
        ],
      },
      [[], []],
      this.#place,
    );
  }
}

/** A colour of the page as a canvas takes it. It is registered in the styles, so that its computed value is a plain colour. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}
