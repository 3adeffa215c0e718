/**
 * Milliseconds with fractions, of a clock that is the same in every process of this machine and only goes forward.
 * Python's `time.monotonic` and Go's are the same clock. A message carries it, so that its latency is known to the
 * microsecond.
 */
export function clock(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Milliseconds since the Unix epoch, with fractions: processes of this machine agree on it to some microseconds. */
export function epoch(): number {
  return performance.timeOrigin + performance.now();
}
