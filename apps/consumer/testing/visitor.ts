import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { PASSWORD } from './secured.ts';

/** Makes this process trust a certificate. */
export function trust(certificateFile: string): void {
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(certificateFile, 'utf8')]);
}

/** Somebody at a browser: keeps a cookie and follows no redirect. */
export class Visitor {
  readonly url: string;
  /** As in the header `Cookie`; empty without a session. */
  cookie = '';

  constructor(url: string) {
    this.url = url;
  }

  static async signedIn(url: string, account: string, password = PASSWORD): Promise<Visitor> {
    const visitor = new Visitor(url);
    const response = await visitor.signIn(account, password);
    if (response.status !== 204) throw new Error(`${account} could not sign in: ${await response.text()}`);
    return visitor;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(path, { headers });
  }

  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> {
    const type = { 'content-type': 'application/json' };
    return this.#send(path, { method: 'POST', body: JSON.stringify(body), headers: { ...type, ...headers } });
  }

  /** Sends the form of a page. */
  postForm(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  signIn(account: string, password = PASSWORD): Promise<Response> {
    return this.post('/sign-in', { account, password });
  }

  async #send(
    path: string,
    { headers, ...init }: Omit<RequestInit, 'headers'> & { headers: Record<string, string> },
  ): Promise<Response> {
    const all = this.cookie === '' ? headers : { cookie: this.cookie, ...headers };
    const response = await fetch(this.url + path, { redirect: 'manual', ...init, headers: all });
    const [changed] = response.headers.getSetCookie();
    if (changed !== undefined) {
      const [pair = ''] = changed.split(';');
      this.cookie = pair.endsWith('=') ? '' : pair;
    }
    return response;
  }
}
