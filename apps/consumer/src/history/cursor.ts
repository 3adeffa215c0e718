import { crc32 } from 'node:zlib';
import type { Keyset } from './keyset.ts';

/** A cursor that this topic's pages never gave out. */
export class CursorError extends Error {
  override readonly name = 'CursorError';
}

const FORM = /^(\d{1,16})\.(\d{1,10})\.(\d{1,16})\.([0-9a-f]{8})$/;

/** Makes a keyset into a cursor: text without meaning to clients, for one topic, safe in a URL. */
export function encodeCursor(topic: string, { timestamp, partition, offset }: Keyset): string {
  const place = `${timestamp}.${partition}.${offset}`;
  return Buffer.from(`${place}.${checksum(topic, place)}`).toString('base64url');
}

/**
 * Reads a cursor.
 *
 * @throws {CursorError} when it was not made by `encodeCursor` for this topic. The checksum finds slips, not ill will:
 *   whoever computes a valid one gets a page from another place of the same topic, which they may read anyway.
 */
export function decodeCursor(topic: string, cursor: string): Keyset {
  const [, timestamp, partition, offset, sum] = FORM.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (sum === undefined || sum !== checksum(topic, `${timestamp}.${partition}.${offset}`)) {
    throw new CursorError(
      `the cursor ${JSON.stringify(cursor.slice(0, 100))} is not one of this topic's: use "next" of a page as it is`,
    );
  }
  const keyset = { timestamp: Number(timestamp), partition: Number(partition), offset: Number(offset) };
  // The same place can be written with other base64 padding bits or leading zeros.
  if (encodeCursor(topic, keyset) !== cursor) throw new CursorError('the cursor was changed on the way');
  return keyset;
}

function checksum(topic: string, place: string): string {
  return crc32(`${topic}\n${place}`).toString(16).padStart(8, '0');
}
