import { setTimeout as sleep } from 'node:timers/promises';

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
