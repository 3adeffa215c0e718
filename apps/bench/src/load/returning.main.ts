import { answer } from '../answer.ts';
import { ownUsage } from '../usage.ts';
import type { DialectName } from './dialect.ts';
import { type Returned, ReturningCrowd } from './returning.ts';

let crowd: ReturningCrowd | undefined;

const calls = {
  /** Connects clients to a server. */
  async connect({ port, dialect, clients }: { port: number; dialect: DialectName; clients: number }): Promise<void> {
    crowd = new ReturningCrowd(port, dialect);
    await crowd.connect(clients);
  },
  returned: (until: number): Promise<Returned> => crowd!.returned(until),
  usage: ownUsage,
};

export type ReturningCalls = typeof calls;

answer(calls);
