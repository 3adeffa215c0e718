/** The bytes that say how many come after them. */
const SIZE_BYTES = 4;
/** The correlation id, which every response begins with. */
const HEADER_BYTES = 4;
/** Above what Kafka takes or gives at once (socket.request.max.bytes is 100 MiB): who sends so much is not Kafka. */
const FRAME_BYTES_MAX = 128 * 1024 * 1024;

/** A response as it came: the id of its request, and what it says. */
export interface Frame {
  correlationId: number;
  payload: Buffer;
}

/** Finds the responses in what comes over a connection, wherever it is cut. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** Takes in what came. */
  feed(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /**
   * The next response, or nothing until there is more of it.
   *
   * @throws {RangeError} when what comes is not the protocol of Kafka.
   */
  next(): Frame | undefined {
    const [first] = this.#chunks;
    if (this.#size < SIZE_BYTES || !first) return undefined;
    const head = first.length < SIZE_BYTES ? this.#concat() : first;
    const size = head.readInt32BE(0);
    if (size < HEADER_BYTES || size > FRAME_BYTES_MAX) throw new RangeError(`a response cannot have ${size} bytes`);
    const end = SIZE_BYTES + size;
    if (this.#size < end) return undefined;
    const bytes = this.#concat();
    this.#chunks = end < bytes.length ? [bytes.subarray(end)] : [];
    this.#size = bytes.length - end;
    return {
      correlationId: bytes.readInt32BE(SIZE_BYTES),
      payload: bytes.subarray(SIZE_BYTES + HEADER_BYTES, end),
    };
  }

  #concat(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
