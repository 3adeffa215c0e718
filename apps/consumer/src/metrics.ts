import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { Latency } from './latency.ts';

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
    bytes: new Counter({
      name: 'records_bytes_total',
      help: 'Bytes of the keys, headers and values of the records that were read, unpacked',
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

/** How far readers are behind the ends of their partitions. */
export function lagMetric(registry: Registry, readers: { topic: string; lags: Map<number, number> }[]): void {
  new Gauge({
    name: 'reader_lag_offsets',
    help: 'Offsets from where a partition is read next to its end, as the log told it last',
    labelNames: ['topic', 'partition'],
    registers: [registry],
    collect() {
      // A partition may be gone.
      this.reset();
      for (const { topic, lags } of readers) for (const [partition, lag] of lags) this.set({ topic, partition }, lag);
    },
  });
}

/**
 * What the live side counts.
 *
 * @param state how many clients are connected, and the bytes that all clients were sent so far.
 */
export function liveMetrics(registry: Registry, state: () => { clients: number; sentBytes: number }) {
  const registers = [registry];
  new Gauge({
    name: 'live_clients',
    help: 'Clients that are connected',
    registers,
    collect() {
      this.set(state().clients);
    },
  });
  new Counter({
    name: 'live_sent_bytes_total',
    help: 'Bytes of the broadcasts given to clients, of each client by itself, catch-ups included',
    registers,
    collect() {
      this.reset();
      this.inc(state().sentBytes);
    },
  });
  const resumed = new Counter({
    name: 'live_resumed_total',
    help: 'Handshakes with positions',
    labelNames: ['recovered'],
    registers,
  });
  // A rate is known only of what was 0 before.
  for (const recovered of ['true', 'false']) resumed.inc({ recovered }, 0);
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
      help: 'Connections cut off because they sent more than 20 packets in 10 s',
      registers,
    }),
    resumed,
    batch: new Histogram({
      name: 'live_batch_messages',
      help: 'Messages in a batch to a room',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    }),
    latency: new Latency(registry),
  };
}

/** How many messages of each topic the history has, how large it is, and what it evicted. */
export function historyMetrics(
  registry: Registry,
  history: { topics: string[]; bytes: number; evicted: Record<string, number>; count(topic: string): number },
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
  new Counter({
    name: 'history_evicted_total',
    help: 'Messages that the history let go because it was above its bound: of age, bytes or count',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(history.evicted)) this.inc({ reason }, count);
    },
  });
}

/** When the certificate that is in force ends. @param end in seconds since 1970. */
export function certificateMetric(registry: Registry, end: () => number): void {
  new Gauge({
    name: 'tls_certificate_expiration_timestamp_seconds',
    help: 'When the certificate that is in force ends, or the first of its chain, in seconds since 1970',
    registers: [registry],
    collect() {
      this.set(end());
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
