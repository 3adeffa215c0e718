import type { Socket } from 'socket.io';
import { takenBytes, waitingBytes } from './client.ts';

/** Bytes that may pile up for one client. */
const LIMIT_BYTES = 1024 * 1024;

/** Finds clients that do not take what is sent to them. */
export class SlowClients {
  /** Bytes that clients had taken at the last look, of those that had too much waiting. */
  #behind = new Map<Socket, number>();

  /**
   * Those for which more than 1 MiB is waiting and who took less than that since the last look: one that keeps up has as much
   * waiting for a moment after a burst. Asked once a second.
   */
  find<Client extends Socket>(clients: Iterable<Client>): Client[] {
    const before = this.#behind;
    this.#behind = new Map();
    const slow: Client[] = [];
    for (const client of clients) {
      if (waitingBytes(client) <= LIMIT_BYTES) continue;
      const taken = takenBytes(client);
      this.#behind.set(client, taken);
      if (taken - (before.get(client) ?? -Infinity) <= LIMIT_BYTES) slow.push(client);
    }
    return slow;
  }
}
