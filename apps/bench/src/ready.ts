import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long it is waited for what comes by itself, in milliseconds. Only what is broken makes anybody wait so long: a
 * busy machine, such as one that tests other things at the same time, is slow and not broken.
 */
export const PATIENCE_MS = 300_000;

/** What does not come for so long will not come any more, when its time is over: it is lost, in milliseconds. */
export const SILENCE_MS = 20_000;

interface Patience {
  everyMs: number;
  timeoutMs: number;
}

/** Waits until a service says that it is ready. */
export function untilReady(port: number, patience: Patience): Promise<void> {
  return untilAnswered(`http://127.0.0.1:${port}/readyz`, patience);
}

/** Waits until a URL is answered with 200. */
export async function untilAnswered(url: string, { everyMs, timeoutMs }: Patience): Promise<void> {
  const start = performance.now();
  while (!(await isAnswered(url))) {
    if (performance.now() - start > timeoutMs)
      throw new Error(`${url} is not answered with 200 after ${timeoutMs / 1000} s`);
    await sleep(everyMs);
  }
}

async function isAnswered(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}
