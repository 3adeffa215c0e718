const PART_BYTES = 128 * 1024;

/**
 * The sliding window of LZ4 and snappy, whose matches refer back to what was decompressed before. What comes out is
 * handed out in parts, so its size has no bound.
 */
export class LzWindow {
  readonly #historyBytes: number;
  readonly #bytes: Buffer;
  #at = 0;
  #taken = 0;

  /** @param historyBytes how far back it can refer at most. */
  constructor(historyBytes: number) {
    this.#historyBytes = historyBytes;
    // Room for twice as much, so that what is kept is moved seldom.
    this.#bytes = Buffer.allocUnsafe(2 * historyBytes + PART_BYTES);
  }

  get full(): boolean {
    return this.#room === 0;
  }

  /** Appends bytes, as many as there is room for. Answers with how many. */
  append(source: Buffer, from: number, length: number): number {
    if (from + length > source.length) throw new RangeError('it ends too early');
    const count = Math.min(length, this.#room);
    // To call a copy costs more than a few bytes do.
    if (count < 16)
      for (let index = 0; index < count; index += 1) this.#bytes[this.#at + index] = source[from + index]!;
    else source.copy(this.#bytes, this.#at, from, from + count);
    this.#at += count;
    return count;
  }

  /**
   * Appends what stands so far back, again and again where it is shorter, as much as there is room for. Answers
   * likewise.
   */
  repeat(distance: number, length: number): number {
    const from = this.#at - distance;
    if (distance === 0 || from < 0) throw new RangeError(`it refers ${distance} bytes back, where nothing is`);
    const count = Math.min(length, this.#room);
    if (count < 16 || distance < count)
      for (let index = 0; index < count; index += 1) this.#bytes[this.#at + index] = this.#bytes[from + index]!;
    else this.#bytes.copyWithin(this.#at, from, from + count);
    this.#at += count;
    return count;
  }

  /** What was appended since the last time. Makes room. */
  take(): Buffer {
    const part = Buffer.from(this.#bytes.subarray(this.#taken, this.#at));
    if (this.#at + PART_BYTES > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#at - this.#historyBytes, this.#at);
      this.#at = this.#historyBytes;
    }
    this.#taken = this.#at;
    return part;
  }

  get #room(): number {
    return this.#taken + PART_BYTES - this.#at;
  }
}
