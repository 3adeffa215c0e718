const UINT32 = 2 ** 32;
const MORE = 0x80;
const LOW_BITS = 0x7f;
/** A varint of 64 bits has ten bytes at most. */
const VARINT_BYTES = 10;

/** Reads the types of Kafka's protocol, one after the other. Throws a RangeError where the bytes end too early. */
export class ByteReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  int8(): number {
    return this.bytes.readInt8(this.#pass(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#pass(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#pass(4));
  }

  /** As a number, which rounds what is beyond 2 ** 53. */
  int64(): number {
    const at = this.#pass(8);
    return this.bytes.readInt32BE(at) * UINT32 + this.bytes.readUInt32BE(at + 4);
  }

  bigInt64(): bigint {
    return this.bytes.readBigInt64BE(this.#pass(8));
  }

  /** 128 bits, in hexadecimal digits. */
  uuid(): string {
    return this.take(16).toString('hex');
  }

  /** A signed number of at most 64 bits, the small ones short. */
  varint(): number {
    const { bytes } = this;
    const first = bytes[this.at];
    // Most have one byte.
    if (first! < MORE) {
      this.at += 1;
      return (first! >>> 1) ^ -(first! & 1);
    }
    const unsigned = this.#unsigned();
    if (unsigned < 2 ** 31) return (unsigned >>> 1) ^ -(unsigned & 1);
    return unsigned % 2 === 0 ? unsigned / 2 : -(unsigned + 1) / 2;
  }

  /** A length of the protocol's "compact" types, which have one more than they say; -1 is nothing at all. */
  compactLength(): number {
    return this.#unsigned() - 1;
  }

  compactString(): string | null {
    const length = this.compactLength();
    return length < 0 ? null : this.take(length).toString();
  }

  compactArray<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.compactLength()) }, read);
  }

  /** What later versions may have added to a structure. */
  skipTags(): void {
    for (let left = this.#unsigned(); left > 0; left -= 1) {
      this.#unsigned();
      this.take(this.#unsigned());
    }
  }

  /** The next bytes, as a view. */
  take(length: number): Buffer {
    const at = this.#pass(length);
    return this.bytes.subarray(at, at + length);
  }

  #unsigned(): number {
    let result = 0;
    let shift = 0;
    // Nearly all fit the 32 bits of these operators, which are fast.
    for (; shift < 28; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError(`a varint is not whole at ${this.at}`);
      result |= (byte & LOW_BITS) << shift;
      if (byte < MORE) return result;
    }
    for (; shift < 7 * VARINT_BYTES; shift += 7) {
      const byte = this.bytes[this.#pass(1)]!;
      result += (byte & LOW_BITS) * 2 ** shift;
      if (byte < MORE) return result;
    }
    throw new RangeError('a varint is longer than ten bytes');
  }

  #pass(length: number): number {
    const at = this.at;
    if (length < 0 || at + length > this.bytes.length) throw new RangeError(`${length} bytes are missing at ${at}`);
    this.at = at + length;
    return at;
  }
}
