import { answer } from '../answer.ts';
import { type Usage, ownUsage } from '../usage.ts';
import { type DialectName, dialects } from './dialect.ts';
import { type Delivery, Load } from './load.ts';

let load: Load | undefined;

const calls = {
  /** Connects clients to a server. */
  async connect({ port, dialect, clients }: { port: number; dialect: DialectName; clients: number }): Promise<void> {
    load = new Load(port, dialects[dialect]);
    await load.connect(clients);
  },
  expect: (course: { first: number; count: number }): void => load!.expect(course),
  finish: (timeoutMs: number): Promise<Delivery> => load!.finish(timeoutMs),
  usage: (): Usage => ownUsage(),
  disconnect: (): void => load?.close(),
};

export type LoadCalls = typeof calls;

answer(calls);
