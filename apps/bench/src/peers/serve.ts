import { answer } from '../answer.ts';
import { type Course, pace } from '../pace.ts';
import { ownUsage, type Usage } from '../usage.ts';

/** What every server in a process of Node can be asked. */
export interface ServerCalls extends Record<string, (argument: never) => unknown> {
  port(): number;
  publish(course: Course): Promise<void>;
  usage(): Usage;
}

/** Answers for a server that listens on a port and sends everyone what it is told to say. */
export function serve(port: number, say: (sequence: number, dueAt: number) => void): void {
  const calls: ServerCalls = {
    port: () => port,
    publish: (course) => pace(course, say),
    usage: ownUsage,
  };
  answer(calls);
}
