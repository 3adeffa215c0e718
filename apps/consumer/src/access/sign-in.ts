import { form, json } from 'co-body';
import type { Context } from 'koa';
import createError from 'http-errors';
import Router from 'koa-router';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { Logger } from '@hello/service';
import type { Access } from './access.ts';
import type { Accounts } from './accounts.ts';
import type { AccessMetrics } from './metrics.ts';
import type { Origins } from './origin.ts';
import type { Sessions } from './sessions.ts';
import { Throttle } from './throttle.ts';

/** Enough for the longest password in any script, as a form encodes it. */
const BODY_LIMIT = '12kb';
/** A check of a password takes 32 MiB and a thread for a while. */
const CHECKS_AT_ONCE = 2;
const CHECKS_WAITING = 50;
const IN_THE_CLEAR =
  'A password must not travel in the clear: come by https. Where a proxy ends TLS, it must be one of TRUSTED_PROXIES and send X-Forwarded-Proto';
const BUSY = 'Too many are signing in: try again soon';
const FieldsSchema = z.object({ account: z.string().min(1).max(64), password: z.string().min(1).max(1024) });

interface SignInOptions {
  accounts: Pick<Accounts, 'find' | 'signIn'>;
  sessions: Sessions;
  access: Access;
  origins: Origins;
  /** The page to sign in on, with what was wrong with the last try, and the query that leads back. */
  page: (values: { query: string; account: string; error: string }) => string;
  /** Called when a session was ended, so that what it has open can be cut. */
  onSignedOut: () => void;
  metrics: AccessMetrics;
  logger: Logger;
}

/** Signing in and out: by the form of a page that needs no script, or with JSON. */
export function createSignInRoutes(options: SignInOptions): Router {
  const { accounts, sessions, access, origins, page, onSignedOut, metrics, logger } = options;
  const throttle = new Throttle();
  const checks = pLimit(CHECKS_AT_ONCE);
  // Strict: what the page refers to is relative to its path, so no slash may follow that.
  const router = new Router({ strict: true });

  router.use((ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    if (ctx.method === 'POST' && !origins.allow(ctx.headers))
      throw createError(403, origins.refusal(ctx.headers.origin));
    return next();
  });

  router.get('/sign-in', async (ctx) => {
    // A link on another site brings no cookie along, though there may be one: the page itself looks again.
    if (ctx.get('Sec-Fetch-Site') === 'cross-site') ctx.set('Refresh', `0; url=./${ctx.search}`);
    else if (await access.viewerOf(ctx.headers.cookie)) return ctx.redirect(`./${ctx.search}`);
    ctx.type = 'html';
    ctx.body = page({ query: ctx.search, account: '', error: ctx.secure ? '' : IN_THE_CLEAR });
  });

  router.post('/sign-in', async (ctx) => {
    const refuse = (status: number, account: string, error: string): void => {
      ctx.status = status;
      if (!ctx.is('urlencoded')) throw createError(status, error, { expose: true });
      ctx.type = 'html';
      ctx.body = page({ query: ctx.search, account, error });
    };
    if (!ctx.secure) return refuse(403, '', IN_THE_CLEAR);
    const { data: fields, error } = FieldsSchema.safeParse(await readBody(ctx));
    if (!fields) {
      const [field] = error.issues[0]!.path;
      return refuse(
        400,
        '',
        `An account and a password are needed: ${String(field ?? 'the body')} is missing or too long`,
      );
    }
    const { account: name } = fields;
    if (checks.pendingCount >= CHECKS_WAITING) return refuse(503, name, BUSY);
    const seconds = await throttle.attempt(name, ctx.ip);
    if (seconds > 0) {
      metrics.signIns.inc({ result: 'throttled' });
      ctx.set('Retry-After', String(seconds));
      return refuse(429, name, `Too many wrong tries: wait ${seconds} s`);
    }
    const signedIn = await checks(() => accounts.signIn(name, fields.password));
    if (!signedIn) {
      metrics.signIns.inc({ result: 'refused' });
      // People type passwords into the wrong field: what names nobody stays out of the log.
      const account = accounts.find(name) ? name : '(unknown)';
      logger.warn({ account, address: ctx.ip }, 'a sign-in was refused');
      return refuse(401, name, 'The account or the password is wrong');
    }
    await throttle.succeeded(name, ctx.ip);
    metrics.signIns.inc({ result: 'accepted' });
    logger.info({ account: name, address: ctx.ip }, 'signed in');
    ctx.append('Set-Cookie', await sessions.start(signedIn));
    finish(ctx, `./${ctx.search}`);
  });

  router.post('/sign-out', async (ctx) => {
    const session = await sessions.read(ctx.headers.cookie);
    if (session) {
      ctx.append('Set-Cookie', sessions.end(session));
      onSignedOut();
    }
    finish(ctx, 'sign-in');
  });

  return router;
}

async function readBody(ctx: Context): Promise<unknown> {
  try {
    if (ctx.is('urlencoded')) return await form(ctx.req, { limit: BODY_LIMIT });
    if (ctx.is('json')) return await json(ctx.req, { limit: BODY_LIMIT });
  } catch (error) {
    const { status = 400 } = error as { status?: number };
    // The library's message quotes the body.
    throw createError(status, status === 413 ? `the body has more than ${BODY_LIMIT}` : 'the body cannot be read');
  }
  throw createError(415, 'send application/x-www-form-urlencoded or application/json');
}

/** A form goes on to a page; a program needs none. */
function finish(ctx: Context, address: string): void {
  if (ctx.is('json')) {
    ctx.status = 204;
    return;
  }
  ctx.redirect(address);
  ctx.status = 303;
}
