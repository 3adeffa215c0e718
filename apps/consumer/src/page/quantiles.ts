/** From one bin to the next. So what is answered is right to 2 % and some hundredths. */
const GROWTH = 1.04;

/** How values are spread, in a bounded space, however many there are. */
export class Quantiles {
  readonly #counts = new Map<number, number>();
  #total = 0;

  /** Takes in a value that is not below 0. */
  add(value: number): void {
    const bin = Math.round(Math.log(value + 1) / Math.log(GROWTH));
    this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + 1);
    this.#total += 1;
  }

  /** The value that a share of all, from 0 to 1, is not above. There must be some. */
  at(share: number): number {
    let left = share * this.#total;
    const bins = [...this.#counts.keys()].toSorted((a, b) => a - b);
    const found = bins.find((bin) => (left -= this.#counts.get(bin)!) <= 0);
    return GROWTH ** (found ?? bins.at(-1)!) - 1;
  }
}
