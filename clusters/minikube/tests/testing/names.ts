import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;
const lookup = dns.lookup as (name: string, options: LookupOptions, callback: Callback) => void;

/** Has this process find *.localhost at this machine, as browsers and curl do, and not every system does. */
export function findNames(): void {
  const here = (name: string, options: LookupOptions, callback: Callback): void =>
    lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, options, callback);
  Object.assign(dns, { lookup: here });
  syncBuiltinESMExports();
}
