import { LATENCY_BUCKETS } from '@hello/service';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ProducerStatus } from './producer.ts';

export type ProducerMetrics = ReturnType<typeof producerMetrics>;

/**
 * What the producers of a process count, each for its topic.
 *
 * @param statuses of these producers, now.
 */
export function producerMetrics(
  registry: Registry,
  statuses: () => Pick<ProducerStatus, 'topic' | 'held' | 'heldForMs'>[],
) {
  const registers = [registry];
  const labelNames = ['topic'];
  new Gauge({
    name: 'broadcasts_held',
    help: 'Broadcasts that wait for the log',
    labelNames,
    registers,
    collect() {
      for (const { topic, held } of statuses()) this.set({ topic }, held);
    },
  });
  new Gauge({
    name: 'broadcasts_held_oldest_seconds',
    help: 'How long the oldest broadcast that waits for the log has waited; 0 where none does',
    labelNames,
    registers,
    collect() {
      for (const { topic, heldForMs } of statuses()) this.set({ topic }, heldForMs / 1000);
    },
  });
  return {
    appended: new Counter({
      name: 'broadcasts_appended_total',
      help: 'Broadcasts that the log has',
      labelNames,
      registers,
    }),
    lastAppend: new Gauge({
      name: 'broadcasts_last_timestamp_seconds',
      help: 'When the log took a broadcast last, in seconds since 1970',
      labelNames,
      registers,
    }),
    dropped: new Counter({
      name: 'broadcasts_dropped_total',
      help: 'Broadcasts that fell out of the outbox',
      labelNames,
      registers,
    }),
    failures: new Counter({
      name: 'broadcast_append_failures_total',
      help: 'Tries to append that failed',
      labelNames,
      registers,
    }),
    append: new Histogram({
      name: 'broadcast_append_duration_seconds',
      help: 'Time from when a broadcast was said until the log had it',
      buckets: LATENCY_BUCKETS,
      registers,
    }),
  };
}
