/** When something was, in milliseconds since the Unix epoch, and by `performance.now`, which is never put back. */
export interface Instant {
  at: number;
  since: number;
}

export const thisInstant = (): Instant => ({ at: Date.now(), since: performance.now() });
