import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';

const kafka = new Kafka(inject('cluster'));

const quick = inject('quick');
const LEFT_OUT = 'left out of the quick form: three brokers take a minute to start';

describe('a cluster of three brokers', () => {
  beforeAll(() => quick || kafka.start());
  afterAll(() => quick || kafka.clean());

  const set = (): Promise<Scene> =>
    Scene.set({
      brokers: kafka.brokers,
      consumers: 2,
      environments: ['red', 'green', 'blue'],
      producerEnv: { TOPIC_REPLICATION: '3', TOPIC_PARTITIONS: '3' },
    });

  it('restarted one broker after the other', async (context) => {
    context.skip(quick, LEFT_OUT);
    const scene = await set();
    const times: number[] = [];
    for (const node of kafka.nodes) {
      await node.stop();
      await node.start();
      times.push(await scene.recovery());
    }
    const did = 'Stopped each of three brokers and started it again, one after the other';
    await scene.finish(context, { did, recoveredMs: Math.max(...times) });
  });

  it('one broker lost for good', async (context) => {
    context.skip(quick, LEFT_OUT);
    const scene = await set();
    await kafka.nodes[1]!.kill();
    const recoveredMs = await scene.recovery();
    await scene.finish(context, { did: 'Killed one of three brokers for good', recoveredMs });
  });
});
