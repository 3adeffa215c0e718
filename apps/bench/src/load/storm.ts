import { clock } from '../clock.ts';
import { Client } from './client.ts';
import { dialects } from './dialect.ts';
import { PATIENCE_MS } from '../ready.ts';

/** Connections that are being made at the same time: fewer than any server's backlog. */
const AT_ONCE = 64;
const GAP = '"recovered":false';
const OFFSET = /"offset": ?(\d+)/g;

export interface StormPlan {
  port: number;
  clients: number;
  /** Where the clients stand: partition 0, the offset after the last one that they have, and the timestamp of that. */
  position: { next: number; timestamp: number };
  /** The last offset that each must get before it goes away again. */
  until: number;
}

/** What became of a storm. */
export interface Stormed {
  /** From the first connection until the last client had everything. */
  ms: number;
  /** Messages that did not come, over all clients. */
  missing: number;
  /** Messages that came again, or late. */
  doubled: number;
  /**
   * Clients who were told that some of what they missed is not sent: they came too late, after the live traffic of a
   * long storm.
   */
  gaps: number;
}

/** What one client that came back got. */
export class Comeback {
  missing = 0;
  doubled = 0;
  gaps = 0;
  #next: number;
  #isAfterGap = false;

  constructor(next: number) {
    this.#next = next;
  }

  /** The offset that is to come next. */
  get next(): number {
    return this.#next;
  }

  /** What comes next does not follow on what it has, and it was told so. */
  tellGap(): void {
    this.gaps += 1;
    this.#isAfterGap = true;
  }

  take(offset: number): void {
    if (this.#isAfterGap) this.#next = offset;
    this.#isAfterGap = false;
    if (offset < this.#next) this.doubled += 1;
    else {
      this.missing += offset - this.#next;
      this.#next = offset + 1;
    }
  }
}

/**
 * Lets clients come back with positions of before, as fast as the server takes them. Each goes when it has what it
 * missed.
 */
export async function storm(plan: StormPlan): Promise<Stormed> {
  const before = clock();
  const { position, until, clients } = plan;
  let left = clients;
  const comebacks: Comeback[] = [];
  const comeBackSome = async (): Promise<void> => {
    while ((left -= 1) >= 0) {
      const comeback = new Comeback(position.next);
      comebacks.push(comeback);
      await comeBack(plan, comeback);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, comeBackSome));
  const sum = (figure: 'missing' | 'doubled' | 'gaps'): number =>
    comebacks.reduce((total, each) => total + each[figure], 0);
  const short = comebacks.reduce((total, { next }) => total + Math.max(0, until + 1 - next), 0);
  return { ms: clock() - before, missing: sum('missing') + short, doubled: sum('doubled'), gaps: sum('gaps') };
}

async function comeBack({ port, position, until }: StormPlan, comeback: Comeback): Promise<void> {
  const done = Promise.withResolvers<void>();
  const take = (text: string): void => {
    if (text.includes(GAP)) comeback.tellGap();
    for (const [, offset] of text.matchAll(OFFSET)) comeback.take(Number(offset));
    if (comeback.next > until) done.resolve();
  };
  const client = new Client({
    port,
    dialect: {
      ...dialects.ours,
      greeting: { after: 'first text', text: `40${JSON.stringify({ positions: { 0: position } })}` },
      hear(text) {
        const heard = dialects.ours.hear(text);
        if (heard === 'ready') take(text);
        return heard;
      },
    },
    onMessages: (bytes, start, end) => take(bytes.toString('latin1', start, end)),
    onBytes: () => {},
    onLost: done.resolve,
  });
  const deadline = setTimeout(done.resolve, PATIENCE_MS);
  await client.ready();
  await done.promise;
  clearTimeout(deadline);
  client.close();
}
