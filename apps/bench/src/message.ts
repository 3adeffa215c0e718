import type { Broadcast } from '@hello/broadcasts';

/**
 * A broadcast of the bench. `nextInMs` is a number that every server hands on untouched, so it carries when the message
 * was due, by `clock`.
 */
export function benchBroadcast(sequence: number, dueAt: number): Partial<Broadcast> {
  return { text: 'Hello world', environment: 'bench', sequence, sentAt: Date.now(), nextInMs: dueAt };
}

/** The same as clients of ours get it, for the servers that have no log. */
export function benchMessage(sequence: number, dueAt: number): object {
  const place = { topic: 'hello-world', partition: 0, offset: sequence - 1, timestamp: Date.now(), key: 'bench' };
  return { ...place, ...benchBroadcast(sequence, dueAt), dueAt: null };
}
