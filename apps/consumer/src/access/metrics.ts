import { Counter, Gauge, type Registry } from 'prom-client';

export type AccessMetrics = ReturnType<typeof accessMetrics>;

/** What accounts count. @param digest of the accounts that are in force. */
export function accessMetrics(registry: Registry, digest: () => string) {
  const registers = [registry];
  new Gauge({
    name: 'accounts_info',
    help: 'The accounts that are in force, by the first digits of the SHA-256 of their file',
    labelNames: ['digest'],
    registers,
    collect() {
      this.reset();
      this.set({ digest: digest() }, 1);
    },
  });
  const signIns = new Counter({
    name: 'sign_ins_total',
    help: 'Tries to sign in, by result: accepted, refused or throttled',
    labelNames: ['result'],
    registers,
  });
  // A rate is known only of what was 0 before.
  for (const result of ['accepted', 'refused', 'throttled']) signIns.inc({ result }, 0);
  return { signIns };
}
