import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Child } from '../../service/testing/child.ts';
import { startProducer } from './service.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
// Nobody listens there, so the producer stands as one whose Kafka is away.
const AWAY = { KAFKA_BROKERS: '127.0.0.1:1', PORT: '0' };

async function takenPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

describe('startProducer', () => {
  it('names every variable that is missing or wrong', async () => {
    const env = { WAIT_MAX_SECONDS: 'soon', KAFKA_BROKER: 'kafka:9092' };
    await expect(startProducer(env)).rejects.toThrow(
      /^KAFKA_BROKERS is required\nWAIT_MAX_SECONDS: .*\nKAFKA_BROKER is/,
    );
    await expect(startProducer({})).rejects.toThrow('KAFKA_BROKERS is required');
  });

  it('checks how the settings of Kafka and those of the waits fit together', async () => {
    const env = { ...AWAY, KAFKA_SASL_USERNAME: 'hello', WAIT_MIN_SECONDS: '20' };
    await expect(startProducer(env)).rejects.toThrow(
      /^KAFKA_SASL_PASSWORD is required .*\nWAIT_MIN_SECONDS must not be/,
    );
  });

  it('says that its port is in use', async () => {
    const port = await takenPort();
    const env = { ...AWAY, PORT: port, LOG_LEVEL: 'silent' };
    await expect(startProducer(env)).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
  });

  it('can be started and closed in a process that goes on', async () => {
    const service = await startProducer({ ...AWAY, LOG_LEVEL: 'silent', KAFKA_BROKR: 'x' });
    await expect(service.close()).resolves.toBeUndefined();
  });
});

describe('the process of the producer', () => {
  it('serves while Kafka is away, says so, and ends well', async () => {
    const child = new Child([MAIN], { env: { ...AWAY, KAFKA_BROKER: 'x' } });
    const [, url] = await child.says(/"url":"([^"]+)"/);
    expect(child.stdout).toContain('KAFKA_BROKER is not a setting');
    expect(await (await fetch(url!)).json()).toMatchObject({ topic: 'hello-world', last: null, held: 0 });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe('');
  });

  it('ends with one line when it is told nonsense', async () => {
    const child = new Child([MAIN], { env: { ...AWAY, PORT: 'abc' } });
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toBe('PORT: expected a whole number from 0 to 65535, but it is "abc"\n');
  });
});
