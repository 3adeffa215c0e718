import type { Logger } from '@hello/service';
import type { Access } from '../access/index.ts';
import type { LiveMetrics } from '../metrics.ts';
import type { WorkQueue } from '../work-queue.ts';
import { type Client, cutOff } from './socket.io/client.ts';
import { StalledClients } from './socket.io/stalled-clients.ts';

interface ClientChecksOptions {
  access: Access;
  /** Everyone who is connected. */
  clients: () => Iterable<Client>;
  /** Where clients take their turns. */
  work: WorkQueue;
  metrics: LiveMetrics;
  logger: Logger;
  /** Told of each client right before it is cut off. */
  onCutOff: (client: Client) => void;
}

/** How often clients are looked through, in milliseconds. */
const EVERY_MS = 1_000;
/** Clients that are looked at in one go. */
const AT_ONCE = 200;

/** Looks, each second, for clients that take nothing, and for those who may not see their topic any more. */
export class ClientChecks {
  readonly #options: ClientChecksOptions;
  readonly #stalled = new StalledClients();
  readonly #timer: NodeJS.Timeout;

  constructor(options: ClientChecksOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#sweep(), EVERY_MS);
  }

  /** Looks at all clients, some at a time. */
  forEach(look: (client: Client) => void): void {
    const { clients, work } = this.#options;
    const all = [...clients()];
    for (let start = 0; start < all.length; start += AT_ONCE) {
      void work.do(() => {
        for (const client of all.slice(start, start + AT_ONCE)) if (client.connected) look(client);
      });
    }
  }

  /** Cuts a client off if it may not see its topic any more. Answers whether it may. */
  check(client: Client): boolean {
    const { viewer, topic } = client.data;
    const isAllowed = this.#options.access.maySee(viewer, topic);
    if (!isAllowed) this.#cut(client);
    return isAllowed;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    const now = performance.now();
    this.forEach((client) => {
      if (this.#stalled.isStalled(client, now)) this.#giveUp(client);
      else if (!this.#options.access.isOpen) this.check(client);
    });
  }

  #giveUp(client: Client): void {
    const { metrics, logger, onCutOff } = this.#options;
    metrics.evicted.inc();
    logger.warn({ client: client.id }, 'a client takes nothing and is disconnected');
    onCutOff(client);
    cutOff(client);
  }

  #cut(client: Client): void {
    const { topic, viewer } = client.data;
    const { access, metrics, logger, onCutOff } = this.#options;
    metrics.cut.inc();
    const reason = access.isWelcome(viewer) ? 'the topic is not granted any more' : 'the session is over';
    logger.info({ account: viewer.session?.account, topic, reason }, 'a client is cut off');
    onCutOff(client);
    cutOff(client);
  }
}
