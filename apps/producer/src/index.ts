export { broadcastSettings, checkBroadcastSettings } from './config.ts';
export type { BroadcastConfig } from './config.ts';
export { producerMetrics } from './metrics.ts';
export { createProducer } from './producer.ts';
export type { Producer } from './producer.ts';
