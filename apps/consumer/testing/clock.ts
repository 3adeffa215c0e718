import { vi } from 'vitest';

/**
 * From now on, the clock moves on by so many milliseconds each time that somebody looks. It does again by itself after
 * `vi.restoreAllMocks`.
 */
export function tick(ms: number): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += ms));
}
