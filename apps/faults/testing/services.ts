import { fileURLToPath } from 'node:url';
import { Child } from '../../service/testing/child.ts';

const main = (app: string): string => fileURLToPath(new URL(`../../${app}/src/main.ts`, import.meta.url));

/** A service in a process of its own. */
export interface RunningService {
  child: Child;
  url: string;
}

interface ServiceOptions {
  brokers: string;
  env: Record<string, string>;
  /** Options of Node. */
  node?: string[];
  /** What it is started through, see `Child`. */
  through?: string[];
}

/** Starts a service on Kafka and waits until it listens. It ends with the test. */
export async function startService(
  app: 'producer' | 'consumer',
  { brokers, env, node = [], through }: ServiceOptions,
): Promise<RunningService> {
  const child = new Child([...node, main(app)], { env: { KAFKA_BROKERS: brokers, PORT: '0', ...env }, through });
  const [, url] = await child.says(/"url":"([^"]+)"/);
  return { child, url: url! };
}

/** Starts what `npm start` does, and waits until it listens. It ends with the test. */
export async function startStandalone(env: Record<string, string>): Promise<RunningService> {
  const child = new Child([main('standalone')], { env: { PORT: '0', ...env } });
  const [, url] = await child.says(/Open (http[^"]+)/);
  return { child, url: url! };
}

/** The sequence of the last broadcast that a producer said to be in the log, 0 for none. */
export function lastSaid({ stdout }: Child): number {
  const said = [...stdout.matchAll(/"sequence":(\d+).*"msg":"Hello world/g)];
  return Number(said.at(-1)?.[1] ?? 0);
}

/** The number of a sample in a service's metrics. */
export async function metric(url: string, sample: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const line = metrics.split('\n').find((each) => each.startsWith(`${sample} `));
  return Number(line?.slice(sample.length));
}
