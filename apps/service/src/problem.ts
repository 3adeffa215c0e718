import { STATUS_CODES } from 'node:http';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';

/** What `ctx.throw` throws. `members` are more for a program to read than the status is. */
type HttpError = Error & { status: number; expose: boolean; members?: object };

/** Answers with problem details. @see https://www.rfc-editor.org/rfc/rfc9457 */
export function problem(ctx: Context, status: number, detail?: string, members?: object): void {
  ctx.status = status;
  ctx.body = { type: 'about:blank', title: STATUS_CODES[status], status, ...(detail && { detail }), ...members };
  ctx.type = 'application/problem+json';
}

/** What to say where nobody said anything. */
const WITHOUT_BODY: Record<number, (ctx: Context) => string> = {
  404: ({ path }) => `nothing is at ${path}`,
  405: ({ method, path }) => `${path} takes no ${method}`,
};

/** Turns what a handler throws, and every answer of 400 and above without a body, into problem details. */
export function problems(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status >= 400 && !ctx.body) problem(ctx, ctx.status, WITHOUT_BODY[ctx.status]?.(ctx));
    } catch (error) {
      const { status = 500, expose = false, message, members } = (error ?? {}) as Partial<HttpError>;
      // What was not thrown on purpose may carry anything, so only the log sees it.
      if (!expose) logger.error({ err: error, path: ctx.path }, 'a request failed');
      if (expose) problem(ctx, status, message, members);
      else problem(ctx, status);
    }
  };
}
