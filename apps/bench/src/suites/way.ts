import { Child } from '../child.ts';
import { BROKERS, fillTopic } from '../kafka.ts';
import type { Heard } from '../load/audience.ts';
import type { AudienceCalls } from '../load/audience.main.ts';
import type { WayCalls } from '../peers/way.main.ts';
import { freePort } from '../../../service/testing/free-port.ts';
import { PATIENCE_MS, untilReady } from '../ready.ts';
import { say } from '../say.ts';
import { startService } from '../service-child.ts';
import type { Stages } from '../stages.ts';

export interface WayPlan {
  clients: number;
  messages: number;
}

/** What became of the messages, and what the consumer noted of them. */
export interface WayMeasurement {
  heard: Heard;
  stages: Stages[];
  clients: number;
}

const TOPIC = 'bench-way';
/**
 * The bounds of the wait, in seconds: shorter than 1 to 10 s, but longer than the consumer ever rests after a batch.
 */
const WAIT = { WAIT_MIN_SECONDS: '0.08', WAIT_MAX_SECONDS: '0.12' };
/** Messages until everything on the way is warm. */
const WARM = 30;

/** Lets the real producer broadcast through a Kafka that runs to clients of a real consumer. */
export async function measureWay({ clients, messages }: WayPlan): Promise<WayMeasurement> {
  const consumer = new Child<WayCalls>('peers/way.main.ts');
  const audience = new Child<AudienceCalls>('load/audience.main.ts');
  try {
    await fillTopic(TOPIC, 0);
    const port = await consumer.call('start', TOPIC);
    await untilReady(port, { everyMs: 100, timeoutMs: PATIENCE_MS });
    say(`way: connecting ${clients} clients`);
    await audience.call('connect', { port, clients });
    await audience.call('expect', { first: WARM + 1, count: messages });
    say(`way: ${WARM} + ${messages} broadcasts`);
    const heard = await broadcast(() => audience.call('finish', PATIENCE_MS));
    return { heard, stages: await consumer.call('stages'), clients };
  } finally {
    await Promise.all([consumer.stop(), audience.stop()]);
  }
}

/** Runs the producer until all was heard. */
async function broadcast(hear: () => Promise<Heard>): Promise<Heard> {
  const settings = { KAFKA_BROKERS: BROKERS, TOPIC, ENVIRONMENT: 'bench', PORT: String(await freePort()), ...WAIT };
  const producer = startService('producer/src/main.ts', settings);
  try {
    return await hear();
  } finally {
    await producer.stop();
  }
}
