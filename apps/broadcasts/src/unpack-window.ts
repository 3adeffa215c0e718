/** As far back as LZ4 can refer, and as every compressor of snappy does. */
const HISTORY_BYTES = 64 * 1024;
const PART_BYTES = 128 * 1024;

/** Where something is unpacked that refers back to what it was before. It is handed out in parts, so its size has no bound. */
export class UnpackWindow {
  readonly #bytes = Buffer.allocUnsafe(HISTORY_BYTES + PART_BYTES);
  #at = 0;
  #taken = 0;

  get full(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Appends bytes, as many as there is room for. Answers with how many. */
  append(source: Buffer, from: number, length: number): number {
    if (from + length > source.length) throw new RangeError('it ends too early');
    const count = Math.min(length, this.#bytes.length - this.#at);
    // To call a copy costs more than a few bytes do.
    if (count < 16)
      for (let index = 0; index < count; index += 1) this.#bytes[this.#at + index] = source[from + index]!;
    else source.copy(this.#bytes, this.#at, from, from + count);
    this.#at += count;
    return count;
  }

  /** Appends what stands so far back, again and again where it is shorter, as much as there is room for. Answers likewise. */
  repeat(distance: number, length: number): number {
    const from = this.#at - distance;
    if (distance === 0 || from < 0) throw new RangeError(`it refers ${distance} bytes back, where nothing is`);
    const count = Math.min(length, this.#bytes.length - this.#at);
    if (count < 16 || distance < count)
      for (let index = 0; index < count; index += 1) this.#bytes[this.#at + index] = this.#bytes[from + index]!;
    else this.#bytes.copyWithin(this.#at, from, from + count);
    this.#at += count;
    return count;
  }

  /** What was appended since the last time. Makes room. */
  take(): Buffer {
    const part = Buffer.from(this.#bytes.subarray(this.#taken, this.#at));
    const history = Math.min(this.#at, HISTORY_BYTES);
    this.#bytes.copyWithin(0, this.#at - history, this.#at);
    this.#at = history;
    this.#taken = history;
    return part;
  }
}
