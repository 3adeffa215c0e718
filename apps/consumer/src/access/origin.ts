import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from '@hello/service';

/** Origins that are told to the log at most. Anybody can make up more. */
const LOGGED = 100;
const LONGEST_LOGGED = 200;

/** Which pages may send forms and open live connections: those of this site, wherever a proxy shows them. */
export class Origins {
  readonly #publicOrigin: string | undefined;
  readonly #logger: Logger;
  readonly #logged = new Set<string>();

  /** @param publicOrigin where people find the page, when that is not the host that requests are for. */
  constructor(publicOrigin: string | undefined, logger: Logger) {
    this.#publicOrigin = publicOrigin;
    this.#logger = logger;
  }

  /** Whether a request with these headers may be answered. The log is told of each origin that may not, once. */
  allow(headers: IncomingHttpHeaders): boolean {
    const allowed = isSameOrigin(headers, this.#publicOrigin);
    if (!allowed && headers.origin !== undefined) this.#log(headers.origin, headers);
    return allowed;
  }

  /** Why an origin is refused, in a sentence without a capital and a full stop, for whoever set the server up. */
  refusal(origin: string | undefined): string {
    if (origin === undefined || origin === 'null') return 'this came from another site';
    const now = this.#publicOrigin === undefined ? '' : ` (it is of ${this.#publicOrigin} now)`;
    return `this server does not know ${origin} as its own: set PUBLIC_URL to the address of the page${now}, or have the proxy pass on the header Host`;
  }

  #log(origin: string, headers: IncomingHttpHeaders): void {
    const name = origin.slice(0, LONGEST_LOGGED);
    if (this.#logged.has(name) || this.#logged.size === LOGGED) return;
    this.#logged.add(name);
    this.#logger.warn(
      { origin: name, host: hostOf(headers) },
      'pages of this origin are refused: if it is yours, set PUBLIC_URL to the address of the page',
    );
  }
}

/**
 * Whether a request comes from a page of this very host, or of the public origin, or from no page at all. A browser
 * says where the page is from; it sends cookies and opens WebSockets across sites without asking.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html
 */
export function isSameOrigin(headers: IncomingHttpHeaders, publicOrigin?: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  // A form on a page that sends no referrer has the origin "null", so this comes first where a browser has it.
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  const page = URL.parse(origin);
  const host = hostOf(headers);
  if (!page?.host || host === undefined) return false;
  // A proxy may say the port also where it is the usual one.
  return page.origin === publicOrigin || page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}

/** The host that was asked for, by the word of a trusted proxy where there is one. */
function hostOf({ host, 'x-forwarded-host': forwarded }: IncomingHttpHeaders): string | undefined {
  return forwarded === undefined ? host : String(forwarded);
}
