import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { newTopicName } from '../../broadcasts/testing/contract.ts';
import { Client } from '../../consumer/testing/client.ts';
import { Child } from '../../service/testing/child.ts';
import { OtlpReceiver } from '../../service/testing/otlp-receiver.ts';
import { expectWholeWay } from '../testing/whole-way.ts';

const brokers = inject('brokers');

it('has the way of a broadcast from its producer through two consumers as one trace', async () => {
  const receiver = await OtlpReceiver.start();
  const topic = newTopicName();
  const start = async (app: 'producer' | 'consumer', env: Record<string, string>) => {
    const main = fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url));
    const common = { KAFKA_BROKERS: brokers, PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    const child = new Child([main], { env: { ...common, ...env } });
    const [, url] = await child.says(/"url":"([^"]+)"/);
    return { child, url: url! };
  };
  const consumers = await Promise.all([1, 2].map(() => start('consumer', { TOPICS: topic })));
  await Promise.all(consumers.map(({ child }) => child.says(/topic is loaded/)));
  const clients = consumers.map(({ url }) => new Client(url));
  await start('producer', { TOPIC: topic, WAIT_MIN_SECONDS: '0.5', WAIT_MAX_SECONDS: '0.5' });
  await Promise.all(clients.map((client) => client.until(({ messages }) => messages.length > 2)));

  const { offset } = clients[0]!.messages[2]!;
  const { trace } = await (await fetch(`${consumers[0]!.url}/api/topics/${topic}/messages/0/${offset}`)).json();
  const way = await expectWholeWay(receiver, trace.id, { topic, system: 'kafka', consumers: 2 });
  expect(way.append.resource).toMatchObject({ 'service.name': 'producer' });
  const readers = way.read.map(({ resource }) => [resource['service.name'], resource['service.instance.id']]);
  expect(new Set(readers.map(([name]) => name))).toEqual(new Set(['consumer']));
  expect(new Set(readers.map(([, instance]) => instance)).size).toBe(2);
});
