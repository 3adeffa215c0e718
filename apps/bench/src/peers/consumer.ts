import type { Log } from '@hello/broadcasts';
import { consumerSettings, createConsumer, serveConsumer } from '@hello/consumer';
import { createLogger, createRegistry, readConfig } from '@hello/service';

export const TOPIC = 'hello-world';

/** The consumer on a log, as its service starts it. Answers with its port. */
export async function listenOn(log: Log, env: Record<string, string> = {}): Promise<number> {
  const logger = createLogger({ name: 'consumer', level: 'info' });
  const context = { name: 'consumer', logger, registry: createRegistry() };
  const config = { ...readConfig(consumerSettings, env), HOST: '127.0.0.1', PORT: 0 };
  const consumer = await createConsumer({ log, config, context });
  const { url } = await serveConsumer({ context, consumer, config });
  return Number(new URL(url).port);
}
