import { randomUUID } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Account } from './accounts.ts';
import type { SessionKey } from './session-keys.ts';

const ALGORITHM = 'HS256';
const ISSUER = 'hello-world';
const SECOND_MS = 1000;
/**
 * A session that was used is renewed, but not at each request: after this time, or half of the idle one where that is
 * less.
 */
const RENEW_MS = 60_000;

const ClaimsSchema = z.object({
  sub: z.string(),
  sid: z.uuid(),
  credential: z.string(),
  auth_time: z.int().nonnegative(),
  iat: z.int().nonnegative(),
  exp: z.int().nonnegative(),
});

/** Somebody who signed in. Times are milliseconds since the Unix epoch. */
export interface Session {
  id: string;
  account: string;
  credential: string;
  signedInAt: number;
  issuedAt: number;
  expiresAt: number;
  /** The key that signed it. */
  keyId: string;
}

interface SessionsOptions {
  /**
   * Whose sessions they are: others', with other keys, may be at another port of the same host, which cookies do not
   * tell apart.
   */
  environment: string;
  /** Where the page is from the root of its host, where others may be beside it; the root itself unless it is given. */
  basePath?: string;
  /** The keys that are in force, the one that signs first. */
  keys: () => SessionKey[];
  /** Time without use after which a session ends, in milliseconds. */
  idleMs: number;
  /** Time after which a session ends in any case, in milliseconds. */
  maxMs: number;
}

/** Sessions, each in a signed cookie, so that every replica knows all of them. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #cookieName: string;
  /** Sessions that were ended here before they expired, and when they expire. */
  readonly #ended = new Map<string, number>();
  /**
   * Until when sessions last, by the latest cookie that this replica gave or saw: what they have open goes on with
   * them.
   */
  readonly #latest = new Map<string, number>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    // The prefix "__Host-" wants the path "/", so the name says which base path it is of. A cookie's path would keep
    // nobody out.
    const { environment, basePath = '/' } = options;
    const place = basePath === '/' ? '' : encodeURIComponent(basePath);
    this.#cookieName = `__Host-session-${environment.replaceAll(/[^\w-]/g, '')}${place}`;
  }

  /** Starts a session. Answers with the cookie that carries it, for Set-Cookie. */
  start({ name, credential }: Account): Promise<string> {
    const now = Date.now();
    return this.#issue({ id: randomUUID(), account: name, credential, signedInAt: now }, now);
  }

  /** The cookie that carries the session on, or nothing while it is fresh. */
  async renew(session: Session): Promise<string | undefined> {
    const now = Date.now();
    const freshMs = Math.min(RENEW_MS, this.#options.idleMs / 2);
    if (now - session.issuedAt < freshMs || this.isOver(session)) return undefined;
    this.#prolong(session.id, now + this.#options.idleMs);
    return this.#issue(session, now);
  }

  /** Ends a session before its time, on this replica. Answers with the cookie that takes it from the browser. */
  end({ id, signedInAt }: Session): string {
    const now = Date.now();
    forgetBefore(now, this.#ended);
    this.#ended.set(id, signedInAt + this.#options.maxMs);
    return this.#toCookie('', now);
  }

  /** The session in a request's cookies, if there is one that is good. */
  async read(cookies: string | undefined): Promise<Session | undefined> {
    const token = parseCookie(cookies ?? '')[this.#cookieName];
    if (!token) return undefined;
    const verified = await this.#verify(token);
    const { data } = ClaimsSchema.safeParse(verified?.payload);
    if (!verified || !data) return undefined;
    const session = {
      id: data.sid,
      account: data.sub,
      credential: data.credential,
      signedInAt: data.auth_time * SECOND_MS,
      issuedAt: data.iat * SECOND_MS,
      expiresAt: data.exp * SECOND_MS,
      keyId: verified.keyId,
    };
    if (this.isOver(session)) return undefined;
    // Maybe another replica renewed it.
    this.#prolong(session.id, session.expiresAt);
    return session;
  }

  /** Whether a session that was good is over by now. */
  isOver({ id, keyId, signedInAt, expiresAt }: Session): boolean {
    const until = Math.min(Math.max(this.#latest.get(id) ?? 0, expiresAt), signedInAt + this.#options.maxMs);
    return until <= Date.now() || this.#ended.has(id) || !this.#options.keys().some((key) => key.id === keyId);
  }

  #prolong(id: string, until: number): void {
    if (until <= (this.#latest.get(id) ?? 0)) return;
    forgetBefore(Date.now(), this.#latest);
    this.#latest.set(id, until);
  }

  async #issue(
    { id, account, credential, signedInAt }: Pick<Session, 'id' | 'account' | 'credential' | 'signedInAt'>,
    now: number,
  ): Promise<string> {
    const { keys, idleMs, maxMs } = this.#options;
    const [key] = keys();
    const expiresAt = Math.min(now + idleMs, signedInAt + maxMs);
    const token = await new SignJWT({ sid: id, credential, auth_time: Math.floor(signedInAt / SECOND_MS) })
      .setProtectedHeader({ alg: ALGORITHM, kid: key!.id })
      .setIssuer(ISSUER)
      .setAudience(this.#options.environment)
      .setSubject(account)
      .setIssuedAt(Math.floor(now / SECOND_MS))
      .setExpirationTime(Math.floor(expiresAt / SECOND_MS))
      .sign(key!.secret);
    return this.#toCookie(token, expiresAt);
  }

  async #verify(token: string): Promise<{ payload: unknown; keyId: string } | undefined> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, ({ kid }) => this.#secretOf(kid), {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: this.#options.environment,
      });
      return { payload, keyId: protectedHeader.kid! };
    } catch {
      // Forged, expired, of a key that was taken away: for whoever asks it is all the same.
      return undefined;
    }
  }

  #secretOf(id: string | undefined): Uint8Array {
    const key = this.#options.keys().find((each) => each.id === id);
    if (!key) throw new Error('no such key');
    return key.secret;
  }

  #toCookie(value: string, expires: number): string {
    return stringifySetCookie(this.#cookieName, value, {
      httpOnly: true,
      secure: true,
      sameSite: 'strict',
      path: '/',
      expires: new Date(expires),
    });
  }
}

function forgetBefore(now: number, sessions: Map<string, number>): void {
  for (const [id, until] of sessions) if (until < now) sessions.delete(id);
}
