import { createApp, type ServiceContext } from '@hello/service';
import Router from 'koa-router';
import type Koa from 'koa';
import type { Producer } from './producer.ts';

/** The producer's HTTP side: GET / shows the last and the next broadcast. */
export function createProducerApp(context: ServiceContext, producer: Producer): Koa {
  const router = new Router();
  router.get('/', (ctx) => {
    ctx.body = producer.status();
  });
  return createApp(context, () => producer.notReady(), router);
}
