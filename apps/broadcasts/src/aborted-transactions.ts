import { type BatchHeader, HEADER_BYTES, IS_CONTROL, IS_TRANSACTIONAL } from './batch-header.ts';
import { ByteReader } from './byte-reader.ts';

/** The type of a control record that ends an aborted transaction. */
const ABORT = 0;

/** From this offset on, until its control record, what a producer wrote belongs to an aborted transaction. */
export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: number;
}

/** Says of each batch in turn whether it is hidden: of an aborted transaction, or a control batch. */
export function transactionFilter(
  aborted: AbortedTransaction[],
): (header: BatchHeader, bytes: Buffer, at: number) => boolean {
  const waiting = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  return ({ attributes, lastOffset, producerId }, bytes, at) => {
    while (waiting[0] && waiting[0].firstOffset <= lastOffset) open.add(waiting.shift()!.producerId);
    if (attributes & IS_CONTROL) {
      if (controlType(bytes, at) === ABORT) open.delete(producerId);
      return true;
    }
    return (attributes & IS_TRANSACTIONAL) !== 0 && open.has(producerId);
  };
}

/** The key of a control record says what it is. */
function controlType(bytes: Buffer, at: number): number {
  try {
    const reader = new ByteReader(bytes, at + HEADER_BYTES);
    reader.varint();
    reader.int8();
    // How much later it is than the batch, its offset in there, the length of the key; and the key's version.
    for (let field = 0; field < 3; field += 1) reader.varint();
    reader.int16();
    return reader.int16();
  } catch {
    return -1;
  }
}
