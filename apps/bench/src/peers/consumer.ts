import type { Log } from '@hello/broadcasts';
import { consumerSettings, createConsumer, serveConsumer } from '@hello/consumer';
import { createLogger, createRegistry, readConfig, serviceSettings, startTraces } from '@hello/service';

export const TOPIC = 'hello-world';

const settings = { ...serviceSettings(0), ...consumerSettings };

/** The consumer on a log, as its service starts it. Answers with its port: any that is free, unless PORT says which. */
export async function listenOn(log: Log, env: Record<string, string> = {}): Promise<number> {
  const logger = createLogger({ name: 'consumer', level: 'info' });
  const config = readConfig(settings, env);
  const traces = await startTraces({ name: 'consumer', config, logger });
  const context = { name: 'consumer', logger, registry: createRegistry(), recordSpan: traces?.record };
  const consumer = await createConsumer({ log, config, context });
  const { url } = await serveConsumer({ context, consumer, config });
  return Number(new URL(url).port);
}
