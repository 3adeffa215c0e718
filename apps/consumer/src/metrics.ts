import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type ReaderMetrics = ReturnType<typeof readerMetrics>;
export type LiveMetrics = ReturnType<typeof liveMetrics>;

/** What the readers count. */
export function readerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    records: new Counter({
      name: 'records_total',
      help: 'Records taken into the history',
      labelNames: ['topic'],
      registers,
    }),
    unreadable: new Counter({
      name: 'records_unreadable_total',
      help: 'Records of which nothing can be told, such as of no value or of bytes that are no text, of those that came live',
      labelNames: ['topic', 'kind'],
      registers,
    }),
  };
}

/** What the live side counts. */
export function liveMetrics(registry: Registry, clients: () => number) {
  const registers = [registry];
  new Gauge({
    name: 'live_clients',
    help: 'Clients that are connected',
    registers,
    collect() {
      this.set(clients());
    },
  });
  return {
    refused: new Counter({ name: 'live_refused_total', help: 'Handshakes that were refused', registers }),
    evicted: new Counter({
      name: 'live_evicted_total',
      help: 'Clients disconnected because they took nothing of what waited for them',
      registers,
    }),
    cut: new Counter({
      name: 'live_cut_total',
      help: 'Clients disconnected because they may not see their topic any more',
      registers,
    }),
    noisy: new Counter({
      name: 'live_noisy_total',
      help: 'Connections cut off because they said too much',
      registers,
    }),
    resumed: new Counter({
      name: 'live_resumed_total',
      help: 'Handshakes with positions',
      labelNames: ['recovered'],
      registers,
    }),
    batch: new Histogram({
      name: 'live_batch_messages',
      help: 'Messages in a batch to a room',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    }),
    delay: new Histogram({
      name: 'live_delay_seconds',
      help: 'Time from when a message was read to when it went out, of the first one in each batch',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
  };
}

/** How many messages of each topic the history has, and how large it is. */
export function historyMetrics(
  registry: Registry,
  history: { topics: string[]; bytes: number; count(topic: string): number },
): void {
  new Gauge({
    name: 'history_bytes',
    help: "Bytes of the history's temporary file that are in use",
    registers: [registry],
    collect() {
      this.set(history.bytes);
    },
  });
  new Gauge({
    name: 'history_messages',
    help: 'Messages in the history',
    labelNames: ['topic'],
    registers: [registry],
    collect() {
      for (const topic of history.topics) this.set({ topic }, history.count(topic));
    },
  });
}

/** Connections that were cut off because their address had too many open. */
export function refusedConnections(registry: Registry): Counter {
  return new Counter({
    name: 'connections_refused_total',
    help: 'Connections cut off because their address had too many open',
    registers: [registry],
  });
}
