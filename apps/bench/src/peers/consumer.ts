import type { AddressInfo } from 'node:net';
import type { Log } from '@hello/broadcasts';
import { createConsumer, consumerSettings } from '@hello/consumer';
import { createApp, createLogger, createRegistry, listen, readConfig } from '@hello/service';

export const TOPIC = 'hello-world';

/** The consumer on a log, as its service starts it. Answers with its port. */
export async function listenOn(log: Log, env: Record<string, string> = {}): Promise<number> {
  const logger = createLogger({ name: 'consumer', level: 'info' });
  const context = { name: 'consumer', logger, registry: createRegistry() };
  const consumer = await createConsumer({ log, config: readConfig(consumerSettings, env), context });
  const app = createApp(context, () => consumer.notReady(), consumer.routes);
  const { server } = await listen(app.callback(), '127.0.0.1', 0);
  consumer.attach(server);
  return (server.address() as AddressInfo).port;
}
