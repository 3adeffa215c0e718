interface FirstOfOptions {
  /** Milliseconds after which the next one starts as well. */
  nextMs: number;
  /** Whether an attempt failed in a way that makes others needless. */
  isFinal: (error: unknown) => boolean;
}

/**
 * The first success of several attempts. Each starts when the one before it failed, or has not come to an end in time,
 * so one that hangs costs little. Rejects when one failed for good, or all did: with what the first of them met.
 */
export function firstOf<T>(attempts: (() => Promise<T>)[], { nextMs, isFinal }: FirstOfOptions): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const errors: unknown[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    clearTimeout(timer);
    const attempt = attempts[next];
    if (!attempt) return;
    next += 1;
    timer = setTimeout(start, nextMs);
    attempt().then(resolve, (error: unknown) => {
      errors.push(error);
      if (isFinal(error)) reject(error);
      else if (errors.length === attempts.length) reject(errors[0]);
      else start();
    });
  };
  start();
  return promise.finally(() => {
    clearTimeout(timer);
    // None starts any more, though one that runs may still fail.
    next = attempts.length;
  });
}
