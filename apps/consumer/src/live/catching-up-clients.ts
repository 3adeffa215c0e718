import type { Positions } from '@hello/broadcasts';
import { isEverything } from '../history/index.ts';
import type { WorkQueue } from '../work-queue.ts';
import { roomOf } from './audiences.ts';
import type { CatchUps, Part } from './catch-up.ts';
import { type Client, type LiveServer, whenDrained } from './socket.io/client.ts';

interface CatchingUpClientsOptions {
  io: LiveServer;
  catchUps: CatchUps;
  /** Where clients take their turns. */
  work: WorkQueue;
  /** Cuts a client off that may not see its topic any more. Answers whether it may. */
  check: (client: Client) => boolean;
}

/** Clients that get what they missed, part by part. They are not live yet, or not any more. */
export class CatchingUpClients {
  readonly #options: CatchingUpClientsOptions;
  /** With how far they are. */
  readonly #clients = new Map<Client, Positions>();

  constructor(options: CatchingUpClientsOptions) {
    this.#options = options;
  }

  /**
   * Gives a client a part of what it missed, and makes it live if that is all. This is one go, so that nothing falls
   * between what it missed and what it gets live.
   */
  give(client: Client, { catchUp, next }: Part, isFirst = true): void {
    const { io, check } = this.#options;
    // It may have waited for long.
    if (!check(client)) return;
    const { topic, filter } = client.data;
    const { messages, recovered } = catchUp;
    // Of many messages that passed without one for the client it is to know, too.
    const isNews = messages.length > 0 || !recovered || !(next || isEverything(filter));
    // To the client's own room, and not by the socket: a broadcast is encoded once for all who get the same.
    if (isFirst || isNews) io.to(client.id).emit('catch-up', catchUp);
    if (next) this.#follow(client, next);
    else void client.join(roomOf(topic, filter));
  }

  /** Takes in a client that does not keep up with what is live: it gets it at its own pace from now on. */
  fallBehind(client: Client): void {
    const { topic, filter } = client.data;
    void client.leave(roomOf(topic, filter));
    this.#follow(client, this.#options.catchUps.livePositions(topic).copy());
  }

  /** Tells those of a topic that it was created anew, and has them begin at its beginning. */
  restart(topic: string): void {
    for (const [client, positions] of this.#clients) {
      if (client.data.topic !== topic) continue;
      client.emit('restarted', { topic });
      positions.clear();
    }
  }

  forget(client: Client): void {
    this.#clients.delete(client);
  }

  /** Gives a client what comes after positions, as soon as it has taken what it was given before. */
  #follow(client: Client, positions: Positions): void {
    this.#clients.set(client, positions);
    whenDrained(client, () => void this.#options.work.do(() => this.#giveNext(client)));
  }

  #giveNext(client: Client): void {
    const positions = this.#clients.get(client);
    if (!positions) return;
    this.#clients.delete(client);
    const { topic, filter } = client.data;
    this.give(client, this.#options.catchUps.following(topic, positions, filter), false);
  }
}
