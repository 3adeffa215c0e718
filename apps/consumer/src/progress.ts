import type { Socket } from 'node:net';

/** What a connection says of what goes through it. */
export type Meter = Pick<Socket, 'bytesWritten' | 'writableLength'>;

/**
 * A number that becomes another one whenever the other side of a connection takes something. What Node counts goes by
 * whole writes, which take a slow client long; what waits in libuv, which Node's types keep to themselves, goes by
 * bytes.
 */
export function progressOf(connection: Meter): number {
  const { _handle: handle } = connection as { _handle?: { writeQueueSize?: number } | null };
  return connection.bytesWritten - connection.writableLength - (handle?.writeQueueSize ?? 0);
}
