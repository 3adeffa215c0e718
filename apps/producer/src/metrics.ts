import { Counter, Gauge, type Registry } from 'prom-client';

export type ProducerMetrics = ReturnType<typeof producerMetrics>;

/**
 * What the producers of a process count, each for its topic.
 *
 * @param held how many broadcasts of each topic wait for the log.
 */
export function producerMetrics(registry: Registry, held: () => { topic: string; held: number }[]) {
  const registers = [registry];
  const labelNames = ['topic'];
  new Gauge({
    name: 'broadcasts_held',
    help: 'Broadcasts that wait for the log',
    labelNames,
    registers,
    collect() {
      for (const { topic, held: count } of held()) this.set({ topic }, count);
    },
  });
  return {
    appended: new Counter({
      name: 'broadcasts_appended_total',
      help: 'Broadcasts that the log has',
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
  };
}
