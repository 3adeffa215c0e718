const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const FINAL = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;
/** Length fields below it hold the length itself. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

export const opcodes = { text: TEXT, close: CLOSE, ping: PING, pong: PONG };

/** Told of a frame: where its payload lies. The bytes are only good during the call. */
export type OnFrame = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** Cuts what a server sends into WebSocket frames. Servers mask nothing, and none of those here splits a message. */
export class FrameReader {
  readonly #onFrame: OnFrame;
  #rest: Buffer | undefined;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** Takes the bytes that came; what is incomplete is kept for the next time. */
  push(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    while (at < bytes.length) {
      const start = payloadStart(bytes, at);
      const end = start + payloadLength(bytes, at, start);
      // Also when the length itself is not there yet, and so is not a number.
      if (!(end <= bytes.length)) break;
      this.#onFrame(bytes[at]! & 0x0f, bytes, start, end);
      at = end;
    }
    // Copied, because the buffer belongs to who reads the socket.
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }
}

function payloadStart(bytes: Buffer, at: number): number {
  const length = bytes[at + 1]!;
  if (length === LENGTH_64) return at + 10;
  return length === LENGTH_16 ? at + 4 : at + 2;
}

function payloadLength(bytes: Buffer, at: number, start: number): number {
  if (start > bytes.length || at + 2 > bytes.length) return Number.NaN;
  if (start - at === 10) return Number(bytes.readBigUInt64BE(at + 2));
  return start - at === 4 ? bytes.readUInt16BE(at + 2) : bytes[at + 1]!;
}

/** A short frame as a client must send it. The mask is zero, which changes no byte. */
export function clientFrame(opcode: number, payload: string | Buffer): Buffer {
  const body = Buffer.from(payload);
  const header =
    body.length < LENGTH_16
      ? [FINAL | opcode, MASKED | body.length]
      : [FINAL | opcode, MASKED | LENGTH_16, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from(header), Buffer.alloc(MASK_BYTES), body]);
}
