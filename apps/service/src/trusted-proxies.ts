import type { IncomingMessage } from 'node:http';
import proxyAddress from 'proxy-addr';

const FOR = 'x-forwarded-for';
/** What else a proxy says of a request: the scheme and the host that it was asked by. */
const SAID = ['x-forwarded-proto', 'x-forwarded-host'];

/** The proxies that are believed when they say for whom, by which scheme and for which host they ask. */
export class TrustedProxies {
  readonly #trusts: (address: string, hop: number) => boolean;

  /**
   * @param addresses single ones, or ranges such as 10.0.0.0/8.
   * @throws {TypeError} for what is neither.
   */
  constructor(addresses: string[]) {
    this.#trusts = proxyAddress.compile(addresses);
  }

  /** Whether one of them has this address. A socket that is closed has none. */
  has(address: string | undefined): boolean {
    return address !== undefined && this.#trusts(address, 0);
  }

  /**
   * Leaves in the X-Forwarded-* headers of a request only what may be believed: nothing if it comes from anybody else,
   * otherwise one value each, since whoever asked the proxy may have sent such headers, too.
   */
  sift(request: IncomingMessage): void {
    const { headers, socket } = request;
    if (!this.has(socket.remoteAddress)) {
      for (const name of [FOR, ...SAID]) delete headers[name];
      return;
    }
    headers[FOR] = proxyAddress(request, this.#trusts);
    for (const name of SAID) {
      // A proxy that adds its word to those of others puts it last.
      const value = String(headers[name] ?? '')
        .split(',')
        .at(-1)!
        .trim();
      if (value === '') delete headers[name];
      else headers[name] = value;
    }
  }
}
