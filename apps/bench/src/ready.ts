import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a service says that it is ready. */
export async function untilReady(
  port: number,
  { everyMs, timeoutMs }: { everyMs: number; timeoutMs: number },
): Promise<void> {
  const start = performance.now();
  while (!(await isReady(port))) {
    if (performance.now() - start > timeoutMs) throw new Error(`not ready after ${timeoutMs / 1000} s`);
    await sleep(everyMs);
  }
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}
