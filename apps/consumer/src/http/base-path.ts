import createError from 'http-errors';
import Router from 'koa-router';

/** What the consumer answers, below a prefix that it does not know. */
const UNKNOWN_PREFIX = /^\/.+\/(api\/.*|assets\/.*|sign-in)?$/;

/**
 * The same routes at the root and below a base path: a proxy in front may take its prefix off, or leave it, and the
 * cluster asks without one. A path that looks like one of them below another prefix is told how to set it.
 *
 * @param basePath begins and ends with a slash.
 */
export function mount(routes: Router, basePath: string): Router {
  const router = new Router();
  router.use(routes.routes());
  if (basePath !== '/') {
    const prefix = basePath.slice(0, -1);
    router.get(prefix, (ctx, next) => {
      if (ctx.path === basePath) return next();
      // What the page refers to is relative to a path that ends with a slash.
      return ctx.redirect(basePath + ctx.search);
    });
    router.use(prefix, routes.routes());
  }
  router.get(UNKNOWN_PREFIX, (ctx) => {
    throw createError(
      404,
      `nothing is at ${ctx.path}; if a proxy serves this under a prefix, set PUBLIC_URL to the address of the page, or have the proxy take the prefix off`,
    );
  });
  return router;
}

/** A path, with its query, as it is without the base path. */
export function withoutBasePath(path: string, basePath: string): string {
  return path.startsWith(basePath) ? path.slice(basePath.length - 1) : path;
}
