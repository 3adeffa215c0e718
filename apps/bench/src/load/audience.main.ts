import { answer } from '../answer.ts';
import { Audience, type Heard } from './audience.ts';

let audience: Audience;

const calls = {
  /** Connects clients to a consumer. */
  async connect({ port, clients }: { port: number; clients: number }): Promise<void> {
    audience = new Audience(port);
    await audience.connect(clients);
  },
  expect: (course: { first: number; count: number }): void => audience.expect(course),
  finish: (timeoutMs: number): Promise<Heard> => audience.finish(timeoutMs),
};

export type AudienceCalls = typeof calls;

answer(calls);
