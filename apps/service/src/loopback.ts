import { BlockList, isIP } from 'node:net';

const addresses = new BlockList();
addresses.addSubnet('127.0.0.0', 8);
addresses.addAddress('::1', 'ipv6');

/**
 * Whether a host, as in the header `Host`, is the machine of whoever asks: localhost, a name below it, or a loopback
 * address.
 *
 * @returns undefined when it is missing or no host at all.
 */
export function isLoopback(host: string): boolean | undefined {
  const name = nameIn(host);
  if (name === undefined) return undefined;
  const version = isIP(name);
  if (version > 0) return addresses.check(name, version === 6 ? 'ipv6' : 'ipv4');
  return /(^|\.)localhost\.?$/.test(name);
}

/** The name or address, as browsers write it: in small letters, numbers in full, without the port. */
function nameIn(host: string): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(host)) return undefined;
  return URL.parse(`http://${host}`)?.hostname.replace(/^\[(.*)\]$/, '$1');
}
