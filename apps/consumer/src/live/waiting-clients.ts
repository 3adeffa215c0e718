import type { PartitionOffsets } from '@hello/broadcasts';
import type { Client } from './socket.io/client.ts';
import type { CatchUps } from './catch-up.ts';
import type { WorkQueue } from '../work-queue.ts';

interface WaitingClientsOptions {
  catchUps: CatchUps;
  /** Whether a topic is loaded into the history, so that clients can be answered. */
  isLoaded: (topic: string) => boolean;
  /** Where a topic's partitions begin and end now. Rejects when the log cannot be asked. */
  listOffsets: (topic: string) => Promise<PartitionOffsets[]>;
  /** Where clients take their turns. */
  work: WorkQueue;
  /** Answers a client that need not wait any more. */
  answer: (client: Client) => void;
}

/** How long a client that is ahead of this replica waits until the log is asked whether it can be, in milliseconds. */
const AHEAD_MS = 3_000;

/** Clients that cannot be answered yet: their topic is still being read, or they are ahead of this replica. */
export class WaitingClients {
  readonly #options: WaitingClientsOptions;
  readonly #clients = new Set<Client>();
  /** Those of them that are ahead of this replica, with what asks the log soon whether they can be. */
  readonly #ahead = new Map<Client, NodeJS.Timeout>();
  /** Those whose positions are beyond the log's end: of a topic that was created anew. */
  readonly #beyond = new WeakSet<Client>();

  constructor(options: WaitingClientsOptions) {
    this.#options = options;
  }

  /** Answers a client as soon as it can be. */
  add(client: Client): void {
    this.#clients.add(client);
    void this.#options.work.do(() => this.#tryToAnswer(client));
  }

  /** Answers those of a topic that can be now. */
  look(topic: string): void {
    for (const client of this.#clients)
      if (client.data.topic === topic) void this.#options.work.do(() => this.#tryToAnswer(client));
  }

  forget(client: Client): void {
    this.#clients.delete(client);
    clearTimeout(this.#ahead.get(client));
    this.#ahead.delete(client);
  }

  close(): void {
    for (const timer of this.#ahead.values()) clearTimeout(timer);
  }

  #tryToAnswer(client: Client): void {
    const { catchUps, isLoaded, answer } = this.#options;
    const { topic, positions } = client.data;
    if (!this.#clients.has(client) || !isLoaded(topic)) return;
    // A client may come from a replica that is a few records ahead. What it has must not be sent to it again.
    if (positions?.isAheadOf(catchUps.livePositions(topic)) && !this.#beyond.has(client)) return this.#waitFor(client);
    this.forget(client);
    answer(client);
  }

  /**
   * Waits until this replica is as far as a client, unless the log is not so far itself: then its positions are of
   * another topic.
   */
  #waitFor(client: Client): void {
    if (this.#ahead.has(client)) return;
    const { topic, positions } = client.data;
    const look = async () => {
      const ends = await this.#options.listOffsets(topic).catch(() => undefined);
      if (!this.#ahead.delete(client)) return;
      const highs = new Map(ends?.map(({ partition, high }) => [partition, high]));
      const isBeyond = [...positions!.entries()].some(([partition, { next }]) => next > (highs.get(partition) ?? 0));
      if (ends && isBeyond) this.#beyond.add(client);
      this.#tryToAnswer(client);
    };
    this.#ahead.set(client, setTimeout(look, AHEAD_MS).unref());
  }
}
