import uPlot from 'uplot';
import { element } from './element.ts';
import { type Entry, latency } from './entry.ts';
import { span } from './time.ts';

const WINDOW_S = 300;
const BUCKET_S = 10;
const HEIGHT = 112;
/** Points that the latency plot keeps: enough for its width, however fast messages come. */
const POINTS = 600;

type Point = [seconds: number, value: number];

/** The rate and the latency of the last minutes. */
export class Plots {
  readonly #rate = new Plot('rate-plot', uPlot.paths.bars!({ size: [0.8] }), (value) => String(value));
  readonly #latency = new Plot('latency-plot', undefined, span);
  #buckets = new Map<number, number>();
  #points: Point[] = [];

  /** Takes in messages that arrived live. */
  add(entries: Entry[]): void {
    for (const entry of entries) {
      const seconds = entry.message.timestamp / 1000;
      const bucket = Math.floor(seconds / BUCKET_S) * BUCKET_S;
      this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
      const ms = latency(entry);
      if (ms !== null) this.#points.push([seconds, ms]);
    }
    this.#points = this.#points.slice(-POINTS);
  }

  clear(): void {
    this.#buckets.clear();
    this.#points = [];
  }

  /** Draws what is known at a time, in milliseconds since the Unix epoch. */
  draw(now: number): void {
    const end = now / 1000;
    const start = end - WINDOW_S;
    for (const bucket of this.#buckets.keys()) if (bucket < start - BUCKET_S) this.#buckets.delete(bucket);
    this.#points = this.#points.filter(([seconds]) => seconds >= start);
    const bars: Point[] = [];
    for (let bucket = Math.ceil(start / BUCKET_S) * BUCKET_S; bucket <= end; bucket += BUCKET_S) {
      bars.push([bucket, this.#buckets.get(bucket) ?? 0]);
    }
    this.#rate.draw(bars, start, end);
    this.#latency.draw(this.#points, start, end);
  }
}

/** One plot over time, drawn in the page's colours. */
class Plot {
  readonly #place: HTMLElement;
  readonly #paths: uPlot.Series.PathBuilder | undefined;
  readonly #format: (value: number) => string;
  #plot: uPlot;

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
    });
  }

  draw(points: Point[], start: number, end: number): void {
    this.#plot.setData([points.map(([seconds]) => seconds), points.map(([, value]) => value)], false);
    const top = points.reduce((most, [, value]) => Math.max(most, value), 1);
    this.#plot.batch(() => {
      this.#plot.setScale('x', { min: start, max: end });
      this.#plot.setScale('y', { min: 0, max: top * 1.15 });
    });
  }

  #create(): uPlot {
    const axis = { stroke: colour('--plot-text'), ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const accent = colour('--plot-accent');
    return new uPlot(
      {
        width: this.#place.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true, auto: false }, y: { auto: false } },
        axes: [
          { ...axis, grid: { show: false }, size: 22, space: 60, values: '{HH}:{mm}' },
          {
            ...axis,
            grid: { stroke: colour('--plot-grid'), width: 1 },
            size: 52,
            space: 28,
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

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}
