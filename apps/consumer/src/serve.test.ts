import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../service/testing/free-port.ts';
import { Client } from '../testing/client.ts';
import { openLog, startConsumer } from '../testing/consumer.ts';
import { SecuredFiles } from '../testing/secured.ts';
import { trust } from '../testing/visitor.ts';

const TOPIC = 'hello-world';
const TOO_LARGE = 'x'.repeat(17 * 1024);

describe.each(['http', 'https'])('a consumer over %s', (scheme) => {
  async function start(env: Record<string, string> = {}) {
    const files = await SecuredFiles.create();
    trust(files.env.TLS_CERT);
    const { TLS_CERT, TLS_KEY } = files.env;
    return startConsumer(await openLog(TOPIC), { ...(scheme === 'https' && { TLS_CERT, TLS_KEY }), ...env });
  }

  it('refuses headers that are too large', async () => {
    const { url } = await start();
    // By TLS the connection may end before the answer is read.
    const status = await fetch(`${url}/api/topics`, { headers: { cookie: TOO_LARGE } }).then(
      (response) => response.status,
      () => 431,
    );
    expect(status).toBe(431);
    expect((await fetch(`${url}/api/topics`)).status).toBe(200);
  });

  it('keeps its metrics at a port of their own, where probes are answered too', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    const port = await freePort();
    const apart = await start({ METRICS_PORT: String(port) });
    expect((await fetch(`${apart.url}/metrics`)).status).toBe(404);
    for (const path of ['metrics', 'healthz', 'readyz'])
      expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/api/topics`)).status).toBe(404);
  });

  it('tells when its certificate ends, as far as it has one, of a new one too', async () => {
    const files = await SecuredFiles.create();
    const { TLS_CERT, TLS_KEY } = files.env;
    const port = await freePort();
    await start({ METRICS_PORT: String(port), ...(scheme === 'https' && { TLS_CERT, TLS_KEY }) });
    const daysLeft = async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const [, end] = /^tls_certificate_expiration_timestamp_seconds (\S+)$/m.exec(metrics) ?? [];
      return end === undefined ? undefined : Math.round((Number(end) - Date.now() / 1000) / 86_400);
    };
    expect(await daysLeft()).toBe(scheme === 'https' ? 1 : undefined);
    files.makeCertificate(7);
    await expect.poll(daysLeft).toBe(scheme === 'https' ? 7 : undefined);
  });

  it('bounds the connections of one address', async () => {
    const { url, lines } = await start({ CONNECTIONS_PER_ADDRESS: '3' });
    const port = Number(new URL(url).port);
    const sockets = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.on('connect', resolve))));
    expect(await text(connect(port, '127.0.0.1').on('error', () => {}))).toBe('');
    expect(lines.map(({ msg }) => msg)).toContain('a connection is refused: this address has too many open');
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(async () =>
        fetch(`${url}/healthz`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it.each([
    ['of whoever asks, by the word of a trusted proxy', { TRUSTED_PROXIES: '127.0.0.1' }, ['9.9.9.1']],
    ['of a proxy that is not trusted, whatever it says', {}, ['127.0.0.1', '127.0.0.1']],
  ])('bounds the live connections %s', async (_, env: Record<string, string>, expected) => {
    const { url, lines } = await start({ CONNECTIONS_PER_ADDRESS: '1', ...env });
    const connectFrom = async (address: string) => {
      const client = new Client(url, {}, { 'x-forwarded-for': address });
      client.socket.io.reconnection(false);
      await client.until(({ catchUps, failures }) => catchUps.length + failures > 0);
    };
    for (const address of ['9.9.9.1', '9.9.9.1', '9.9.9.2']) await connectFrom(address);
    const refused = lines.filter(({ msg }) => msg === 'a connection is refused: this address has too many open');
    expect(refused.map(({ address }) => address)).toEqual(expected);
  });
});
