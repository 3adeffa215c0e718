import Koa from 'koa';
import { expect, it } from 'vitest';
import { createTestContext } from '../../../service/testing/context.ts';
import { serve } from '../../../service/testing/serve.ts';
import { Access } from './access.ts';
import { accessMetrics } from './metrics.ts';
import { Origins } from './origin.ts';
import { Sessions } from './sessions.ts';
import { createSignInRoutes } from './sign-in.ts';

const AT_ONCE = 2;
const WAITING = 50;

it('lets 50 wait for the check of their password, and tells the next to come again', async () => {
  const { logger, registry } = createTestContext();
  const checks = Promise.withResolvers<undefined>();
  const accounts = { find: () => undefined, signIn: () => checks.promise };
  const sessions = new Sessions({ environment: 'test', keys: () => [], idleMs: 1, maxMs: 1 });
  const access = new Access({ topics: [], accounts, sessions });
  const page = () => '';
  const metrics = accessMetrics(registry, () => '');
  // As behind a proxy by HTTPS, everyone from an address of his own, so that none has to wait for the tries of another.
  const app = new Koa({ proxy: true });
  app.silent = true;
  const origins = new Origins(undefined, logger);
  const onSignedOut = () => {};
  app.use(createSignInRoutes({ accounts, sessions, access, origins, page, onSignedOut, metrics, logger }).routes());
  const url = await serve(app.callback());
  const signIn = async (number: number) => {
    const response = await fetch(`${url}/sign-in`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-proto': 'https',
        'x-forwarded-for': `10.0.0.${number}`,
      },
      body: JSON.stringify({ account: `user-${number}`, password: 'x' }),
    });
    return response.status;
  };
  const all = Array.from({ length: AT_ONCE + WAITING + 1 }, (_, index) => signIn(index));
  // Nobody is answered before the checks are done but whoever is one too many.
  expect(await Promise.race(all)).toBe(503);
  checks.resolve(undefined);
  const statuses = await Promise.all(all);
  expect(statuses.filter((status) => status === 401)).toHaveLength(AT_ONCE + WAITING);
});
