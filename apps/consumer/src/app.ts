import { createApp, type ServiceContext } from '@hello/service';
import type Koa from 'koa';
import type { Consumer } from './consumer.ts';

/** The consumer's HTTP side. */
export function createConsumerApp(context: ServiceContext, consumer: Consumer): Koa {
  return createApp(context, () => consumer.notReady(), consumer.routes);
}
