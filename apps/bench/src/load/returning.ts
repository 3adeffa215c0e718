import { setTimeout as sleep } from 'node:timers/promises';
import { clock } from '../clock.ts';
import { PATIENCE_MS } from '../ready.ts';
import { Client } from './client.ts';
import { type Dialect, type DialectName, dialects } from './dialect.ts';
import { Comeback } from './storm.ts';

/** Connections that are being made at the same time, the first time: fewer than any server's backlog. */
const AT_ONCE = 64;
/** The pauses of socket.io-client until it tries again: the first one, and the longest. */
const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 5_000;

/** What became of clients whose server went away. */
export interface Returned {
  /** From the first one that was lost until the last one was live again; not a number when some never are. */
  ms: number;
  /** Clients that are not live again. */
  away: number;
  /** Connections that were tried. */
  tries: number;
  /** Messages said meanwhile that did not come, or came twice, over all clients of a server that has a history. */
  missing: number;
  doubled: number;
}

/** How long socket.io-client waits before a try, in milliseconds, where `random` is from 0 to 1. */
export function pauseBefore(attempt: number, random = Math.random()): number {
  return Math.min(PAUSE_MS * 2 ** attempt * (0.5 + random), PAUSE_MAX_MS);
}

/** Many clients that come back as socket.io-client does when they are lost. */
export class ReturningCrowd {
  readonly #port: number;
  readonly #dialect: DialectName;
  readonly #members: Member[] = [];
  #lostAt = Number.NaN;
  #back = 0;
  #tries = 0;
  readonly #allBack = Promise.withResolvers<void>();

  constructor(port: number, dialect: DialectName) {
    this.#port = port;
    this.#dialect = dialect;
  }

  /** Connects clients until there are so many. */
  async connect(count: number): Promise<void> {
    const connectSome = async (): Promise<void> => {
      while (this.#members.length < count) {
        const member = new Member(this.#port, this.#dialect, () => void this.#bringBack(member));
        this.#members.push(member);
        await member.connect();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, connectSome));
  }

  /**
   * Waits until all are live again, after their server was lost. Those of ours are to have everything up to an offset
   * then.
   */
  async returned(until: number): Promise<Returned> {
    const timeout = setTimeout(this.#allBack.resolve, PATIENCE_MS);
    await this.#allBack.promise;
    clearTimeout(timeout);
    const away = this.#members.length - this.#back;
    const comebacks = this.#members.flatMap(({ comeback }) => comeback ?? []);
    return {
      ms: away === 0 ? clock() - this.#lostAt : Number.NaN,
      away,
      tries: this.#tries,
      missing: comebacks.reduce((total, { missing, next }) => total + missing + until + 1 - next, 0),
      doubled: comebacks.reduce((total, { doubled }) => total + doubled, 0),
    };
  }

  close(): void {
    for (const member of this.#members) member.close();
  }

  async #bringBack(member: Member): Promise<void> {
    if (Number.isNaN(this.#lostAt)) this.#lostAt = clock();
    for (let attempt = 0; ; attempt += 1) {
      await sleep(pauseBefore(attempt));
      this.#tries += 1;
      if (
        await member.connect().then(
          () => true,
          () => false,
        )
      )
        break;
    }
    this.#back += 1;
    if (this.#back === this.#members.length) this.#allBack.resolve();
  }
}

interface CatchUp {
  positions: Record<string, { next: number; timestamp: number }>;
  messages: { offset: number }[];
}

/** One client, that knows how far it got where its server tells it. */
class Member {
  /** What it got since it came back. */
  comeback: Comeback | undefined;
  readonly #port: number;
  readonly #dialect: Dialect;
  readonly #onLost: () => void;
  #positions: CatchUp['positions'] | undefined;
  #client: Client | undefined;

  constructor(port: number, dialect: DialectName, onLost: () => void) {
    this.#port = port;
    this.#dialect = dialects[dialect];
    this.#onLost = onLost;
  }

  /** Resolves when it is live. */
  async connect(): Promise<void> {
    this.#client = new Client({
      port: this.#port,
      dialect: this.#positions ? this.#resuming(this.#positions) : this.#listening(),
      onMessages: () => {},
      onBytes: () => {},
      onLost: this.#onLost,
    });
    await this.#client.ready();
  }

  close(): void {
    this.#client?.close();
  }

  #resuming(positions: CatchUp['positions']): Dialect {
    const comeback = new Comeback(positions[0]!.next);
    this.comeback = comeback;
    const greeting = { after: 'first text', text: `40${JSON.stringify({ positions })}` } as const;
    return { ...this.#listening((offset) => comeback.take(offset)), greeting };
  }

  #listening(take: (offset: number) => void = () => {}): Dialect {
    return {
      ...this.#dialect,
      hear: (text) => {
        const heard = this.#dialect.hear(text);
        if (heard === 'ready' && this.#dialect === dialects.ours) {
          const [, { positions, messages }] = JSON.parse(text.slice(2)) as ['catch-up', CatchUp];
          this.#positions = positions;
          for (const { offset } of messages) take(offset);
        }
        return heard;
      },
    };
  }
}
