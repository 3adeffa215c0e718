const LINE_FEED = 10;
/** What is behind the data of a chunk: the end of a line. */
const TAIL_BYTES = 2;

/** Told of a chunk: where its data lies. The bytes are only good during the call. */
type OnChunk = (bytes: Buffer, start: number, end: number) => void;

/**
 * Cuts the body of an HTTP response into its chunks. Node makes one of each write, so that an event of a server is one.
 */
export class ChunkReader {
  readonly #onChunk: OnChunk;
  #rest: Buffer | undefined;

  constructor(onChunk: OnChunk) {
    this.#onChunk = onChunk;
  }

  /** Takes the bytes that came; what is incomplete is kept for the next time. */
  push(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    while (at < bytes.length) {
      const start = bytes.indexOf(LINE_FEED, at) + 1;
      if (start === 0) break;
      const end = start + Number.parseInt(bytes.toString('latin1', at, start), 16);
      if (end + TAIL_BYTES > bytes.length) break;
      this.#onChunk(bytes, start, end);
      at = end + TAIL_BYTES;
    }
    // Copied, because the buffer belongs to who reads the socket.
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }
}
