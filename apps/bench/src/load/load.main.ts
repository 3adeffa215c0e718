import { answer } from '../answer.ts';
import { type Usage, ownUsage } from '../usage.ts';
import { type DialectName, dialects } from './dialect.ts';
import { type Delivery, Load, type Target } from './load.ts';

interface ConnectOptions extends Omit<Target, 'dialect'> {
  dialect: DialectName;
  clients: number;
}

let load: Load | undefined;

const calls = {
  /** Connects clients to a server. */
  async connect({ dialect, clients, ...target }: ConnectOptions): Promise<void> {
    load = new Load({ ...target, dialect: dialects[dialect] });
    await load.connect(clients);
  },
  expect: (course: { first: number; count: number }): void => load!.expect(course),
  finish: (silenceMs: number): Promise<Delivery> => load!.finish(silenceMs),
  usage: (): Usage => ownUsage(),
  disconnect: (): void => load?.close(),
};

export type LoadCalls = typeof calls;

answer(calls);
