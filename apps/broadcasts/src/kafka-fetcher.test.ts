import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { KafkaCluster } from './kafka-cluster.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { KafkaFetcher } from './kafka-fetcher.ts';
import type { FetchedPartition } from './kafka-fetch.ts';
import type { TopicMetadata } from './kafka-metadata.ts';
import type { Ask } from './kafka-protocol.ts';
import { earliest } from './positions.ts';

const ID = '00'.repeat(16);
/** Kafka's API key of a Fetch request. */
const FETCH = 1;

/**
 * Brokers of which each leads the partition of its id, and of which one answers. Calls back when another one is
 * tried.
 */
class Brokers implements Pick<KafkaCluster, 'topics' | 'open'> {
  readonly #onTry: (broker: number) => void;

  constructor(onTry: (broker: number) => void) {
    this.#onTry = onTry;
  }

  async topics([topic]: string[]): Promise<TopicMetadata[]> {
    const partitions = [0, 1, 2].map((number) => ({ partition: number, leader: number, replicas: [number] }));
    return [{ topic: topic!, errorCode: 0, id: ID, partitions }];
  }

  async open(broker: number): Promise<KafkaConnection> {
    if (broker === 0) return { usable: true, send: fetchNothing, destroy: () => {} } as never;
    this.#onTry(broker);
    throw new Error(`broker ${broker} cannot be reached`);
  }
}

async function fetchNothing(): Promise<FetchedPartition[]> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return [{ id: ID, partition: 0, errorCode: 0, high: 0, low: 0, aborted: [], bytes: Buffer.alloc(0) }];
}

it('says once of each broker that it cannot be reached, while others go on', async () => {
  const lines: string[] = [];
  const logger = pino(
    { level: 'warn' },
    { write: (line) => lines.push((JSON.parse(line) as { reason: string }).reason) },
  );
  const triedThrice = Promise.withResolvers<void>();
  const tries = new Map([
    [1, 0],
    [2, 0],
  ]);
  const brokers = new Brokers((broker) => {
    tries.set(broker, tries.get(broker)! + 1);
    if ([...tries.values()].every((count) => count >= 3)) triedThrice.resolve();
  });
  const fetcher = new KafkaFetcher({ cluster: brokers as never, logger });
  onTestFinished(() => fetcher.close());
  fetcher.subscribe('t', earliest());
  await triedThrice.promise;
  expect(lines.toSorted()).toEqual(['broker 1 cannot be reached', 'broker 2 cannot be reached']);
});

/** Of a request to fetch, after the tags of its header and the number of a consumer. */
async function maxWaitOf(ask: Ask<unknown>): Promise<number> {
  const { request } = ask({ [FETCH]: { minVersion: 13, maxVersion: 13 } }) as {
    request: { encode: () => Promise<{ buffer: Buffer }> };
  };
  return (await request.encode()).buffer.readInt32BE(1 + 4);
}

/** A broker with all partitions, where nothing ever comes. Tells for how long it is asked to wait. */
function quietBroker(): { waits: number[]; cluster: KafkaCluster } {
  const waits: number[] = [];
  const cluster = {
    topics: async (names: string[]) =>
      names.map((topic) => ({ topic, errorCode: 0, id: ID, partitions: [{ partition: 0, leader: 0, replicas: [0] }] })),
    open: async () => ({
      usable: true,
      destroy: () => {},
      async send(ask: Ask<unknown>) {
        waits.push(await maxWaitOf(ask));
        return fetchNothing();
      },
    }),
  };
  return { waits, cluster: cluster as never };
}

it('lets a broker that is asked for everything wait for longer than one of whom somebody else asks the rest', async () => {
  const { waits, cluster } = quietBroker();
  const fetcher = new KafkaFetcher({ cluster, logger: pino({ level: 'silent' }) });
  onTestFinished(() => fetcher.close());
  fetcher.subscribe('t', earliest());
  await vi.waitUntil(() => waits.length >= 3);
  expect(new Set(waits)).toEqual(new Set([2_000]));
  // The same partition for another reader is in a request of its own.
  fetcher.subscribe('t', earliest());
  const before = waits.length;
  await vi.waitUntil(() => waits.slice(before).includes(500));
});
