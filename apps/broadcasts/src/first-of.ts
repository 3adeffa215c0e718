/**
 * The first success of several attempts. Each starts when the one before it failed, or has not come to an end in time, so one
 * that hangs costs little. Rejects when all failed, with what the first of them met that is not a matter of time.
 */
export function firstOf<T>(attempts: (() => Promise<T>)[], nextMs: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const errors: unknown[] = [];
  let started = 0;
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    clearTimeout(timer);
    const attempt = attempts[started];
    if (!attempt) return;
    started += 1;
    timer = setTimeout(start, nextMs);
    attempt().then(resolve, (error: unknown) => {
      errors.push(error);
      if (errors.length === attempts.length) reject(mostTelling(errors));
      else start();
    });
  };
  start();
  return promise.finally(() => {
    clearTimeout(timer);
    started = attempts.length;
  });
}

function mostTelling(errors: unknown[]): unknown {
  return errors.find((error) => !(error instanceof Error && /timeout/i.test(error.name + error.message))) ?? errors[0];
}
