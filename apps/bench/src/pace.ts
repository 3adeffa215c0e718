import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { clock } from './clock.ts';

/** Some messages at a steady rate. */
export interface Course {
  /** Sequence of the first message. */
  first: number;
  count: number;
  /** Messages per second. */
  rate: number;
}

/** Before the first message: a course is not to begin in the wake of the one before it. */
const LEAD_MS = 100;

/**
 * Says each message when it is due, and those that became due meanwhile together. Ends when the time of all of them is
 * over.
 *
 * @param say gets the sequence and when it was due, by `clock`: a process that comes late to it has its lateness
 * counted.
 */
export async function pace(
  { first, count, rate }: Course,
  say: (sequence: number, dueAt: number) => void,
): Promise<void> {
  const start = clock() + LEAD_MS;
  const dueAt = (index: number): number => start + (index * 1000) / rate;
  for (let index = 0; index < count;) {
    await sleepUntil(dueAt(index));
    const now = clock();
    for (; index < count && dueAt(index) <= now; index += 1) say(first + index, dueAt(index));
    // A process that can't keep up must still come to read and write.
    await turn();
  }
  await sleepUntil(dueAt(count));
}

async function sleepUntil(time: number): Promise<void> {
  for (let left = time - clock(); left > 0; left = time - clock()) await sleep(Math.ceil(left));
}
