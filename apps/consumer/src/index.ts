export { checkConsumerSettings, consumerSettings } from './config.ts';
export type { ConsumerConfig } from './config.ts';
export { createConsumer } from './consumer.ts';
export type { Consumer } from './consumer.ts';
export { serveConsumer } from './serve.ts';
