import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request comes from a page of this very host, or from no page at all. A browser says where the page is from; it sends
 * cookies and opens WebSockets across sites without asking.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html
 */
export function isSameOrigin({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  // A form on a page that sends no referrer has the origin "null", so this comes first where a browser has it.
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || (host !== undefined && URL.parse(origin)?.host === host);
}
