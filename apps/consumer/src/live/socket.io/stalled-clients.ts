import type { Socket } from 'socket.io';
import { bufferedBytes, progress } from './client.ts';

/** Time without any progress after which a client is given up, in milliseconds. */
const STALL_MS = 10_000;

/** Finds clients that take nothing of what waits for them. One that takes it slowly is not one of them. */
export class StalledClients {
  /** Of those for whom something waits: how far they were, and since when. */
  readonly #waiting = new WeakMap<Socket, { progress: number; since: number }>();

  /** Whether a client has taken nothing for too long. Asked about once a second, with the time in milliseconds. */
  isStalled(client: Socket, now: number): boolean {
    if (bufferedBytes(client) === 0) {
      this.#waiting.delete(client);
      return false;
    }
    const taken = progress(client);
    const before = this.#waiting.get(client);
    if (before?.progress === taken) return now - before.since >= STALL_MS;
    this.#waiting.set(client, { progress: taken, since: now });
    return false;
  }
}
