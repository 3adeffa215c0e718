import { setTimeout as sleep } from 'node:timers/promises';
import { inject, it } from 'vitest';
import { seededRandom } from '../../producer/testing/seeded-random.ts';
import { Detour } from '../testing/detour.ts';
import { Kafka } from '../testing/kafka.ts';
import { Scene } from '../testing/scene.ts';

const kafka = new Kafka(inject('single'));
const quick = inject('quick');
const around = `127.0.0.1:${kafka.detour.listen}`;
const PAUSE_MS = 3_000;

/** FAULTS_SEED repeats a run. */
const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 1_000_000));

/** What can happen, by its name in the report. */
function faultsOf(scene: Scene, detour: Detour): Record<string, () => Promise<unknown>> {
  const [broker] = kafka.nodes;
  const restart = async (index: number, signal: NodeJS.Signals): Promise<void> => {
    scene.close(index);
    await scene.consumers[index]!.child.kill(signal);
    await scene.startConsumer(index);
  };
  return {
    'broker killed': async () => {
      await broker!.kill();
      await broker!.start();
    },
    'broker paused': async () => {
      await broker!.pause();
      await sleep(PAUSE_MS);
      await broker!.resume();
    },
    'consumer killed': () => restart(0, 'SIGKILL'),
    'consumer ended': () => restart(1, 'SIGTERM'),
    'producer killed': async () => {
      await scene.endProducer('local', 'SIGKILL');
      await scene.startProducer();
      await scene.producer.child.says(/Hello world #1,/);
    },
    'connections reset': async () => detour.reset(),
    'packets lost': async () => {
      detour.blackhole();
      await sleep(PAUSE_MS);
      detour.clear();
    },
    'clients dropped': async () => scene.crowd.watchers.forEach((watcher) => watcher.drop()),
  };
}

it('one thing after the other, at random', async (context) => {
  const random = seededRandom(seed);
  const detour = await Detour.open(kafka.detour);
  const scene = await Scene.set({
    brokers: kafka.brokers,
    consumerBrokers: around,
    producerBrokers: around,
    consumers: 2,
    clients: 50,
    every: 0.1,
  });
  const faults = Object.entries(faultsOf(scene, detour));
  const done: string[] = [];
  for (let count = 0; count < (quick ? 4 : 12); count += 1) {
    const [name, happen] = faults[Math.floor(random() * faults.length)]!;
    done.push(name);
    await happen();
    // Some happen before the one before is over.
    await sleep(random() * 2_000);
  }
  const recoveredMs = await scene.recovery();
  await scene.finish(context, { did: `With FAULTS_SEED=${seed}: ${done.join(', ')}`, recoveredMs });
});
