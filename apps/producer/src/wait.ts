/** The bounds of the waits, in milliseconds: the settings WAIT_MIN_SECONDS and WAIT_MAX_SECONDS of config.ts. */
export interface WaitBounds {
  minMs: number;
  maxMs: number;
}

/**
 * Draws a wait, uniformly between the bounds, as a real number of milliseconds.
 *
 * @param random gives numbers from 0 (included) to 1 (excluded), as `Math.random` does.
 */
export function drawWait({ minMs, maxMs }: WaitBounds, random: () => number): number {
  return minMs + random() * (maxMs - minMs);
}
