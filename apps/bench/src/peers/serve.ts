import { answer } from '../answer.ts';
import type { Certificate } from '../certificate.ts';
import { type Course, pace } from '../pace.ts';
import { type Stretch, Stretches } from '../stretches.ts';
import { ownUsage, type Usage } from '../usage.ts';

/** How a server is to start. */
export interface StartOptions {
  /** Any that is free if missing. */
  port?: number;
  /** Missing where it speaks in the clear. */
  certificate?: Certificate | undefined;
  /** What the log has by then, of the server that has one: so many records, the last one of a time. */
  log?: { records: number; now: number };
}

/** A server that listens. */
export interface Speaker {
  port: number;
  /** Sends everyone a message. */
  say(sequence: number, dueAt: number): void;
}

/** What every server in a process of Node can be asked. */
export interface ServerCalls extends Record<string, (argument: never) => unknown> {
  start(options: StartOptions): Promise<number>;
  publish(course: Course): Promise<void>;
  usage(): Usage;
  /** Watches the event loop from now on, which costs it something. */
  watch(): void;
  stretch(): Promise<Stretch>;
}

/** Answers for a server that sends everyone what it is told to say. */
export function serve(start: (options: StartOptions) => Promise<Speaker>): void {
  let speaker: Speaker;
  let stretches: Stretches;
  const calls: ServerCalls = {
    async start(options) {
      speaker = await start(options);
      return speaker.port;
    },
    publish: (course) => pace(course, (sequence, dueAt) => speaker.say(sequence, dueAt)),
    usage: ownUsage,
    watch() {
      stretches = new Stretches();
    },
    stretch: () => stretches.longest(),
  };
  answer(calls);
}
