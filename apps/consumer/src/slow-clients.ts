import type { Socket } from 'socket.io';
import { takenBytes, waitingBytes } from './client.ts';

/** Bytes that may pile up for one client. */
const LIMIT_BYTES = 1024 * 1024;

/** Finds clients that do not take what is sent to them. */
export class SlowClients {
  /** Bytes that clients had taken at the last look, of those that had too much waiting. */
  readonly #behind = new WeakMap<Socket, number>();

  /**
   * Whether more than 1 MiB is waiting for a client and it took less than that since the last look: one that keeps up has as much
   * waiting for a moment after a burst. Asked once a second.
   */
  isSlow(socket: Socket): boolean {
    const before = this.#behind.get(socket);
    this.#behind.delete(socket);
    if (waitingBytes(socket) <= LIMIT_BYTES) return false;
    const taken = takenBytes(socket);
    this.#behind.set(socket, taken);
    return before !== undefined && taken - before <= LIMIT_BYTES;
  }
}
