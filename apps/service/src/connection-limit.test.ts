import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCertificate } from '../testing/certificate.ts';
import { limitConnections } from './connection-limit.ts';
import { createSecureServer } from './secure-server.ts';
import { TrustedProxies } from './trusted-proxies.ts';

const LIMIT = 2;

async function start(
  server: Server = createServer((_, response) => response.end('here')),
  proxies = new TrustedProxies([]),
) {
  const refused: string[] = [];
  limitConnections(server, LIMIT, proxies, (address) => refused.push(address));
  server.prependListener('request', (asked) => proxies.sift(asked));
  server.prependListener('upgrade', (asked) => proxies.sift(asked));
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  /** Connects from an address; answers once the server has accepted it, and maybe cut it off. */
  const open = async (localAddress = '127.0.0.1'): Promise<{ client: Socket; accepted: Socket }> => {
    const client = connect({ host: '127.0.0.1', port, localAddress });
    onTestFinished(() => void client.destroy());
    const [accepted] = (await once(server, 'connection')) as [Socket];
    return { client, accepted };
  };
  return { port, open, refused };
}

async function ask(client: Socket): Promise<string> {
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await once(client, 'data')) as [Buffer];
  return answer.toString();
}

describe('limitConnections', () => {
  it('lets an address have as many connections as that, and cuts off the next', async () => {
    const { open, refused } = await start();
    const { client } = await open();
    expect(await ask(client)).toContain('here');
    expect((await open()).accepted.destroyed).toBe(false);
    expect(refused).toEqual([]);
    const next = await open();
    expect(refused).toEqual(['127.0.0.1']);
    await once(next.client, 'close');
    expect(await ask(client)).toContain('here');
  });

  // Elsewhere than on Linux there is but one loopback address.
  it.runIf(process.platform === 'linux')('counts each address for itself', async () => {
    const { open, refused } = await start();
    for (const address of ['127.0.0.1', '127.0.0.1', '127.0.0.2', '127.0.0.2']) await open(address);
    expect(refused).toEqual([]);
    await open('127.0.0.2');
    expect(refused).toEqual(['127.0.0.2']);
  });

  it('forgets connections that ended, also those that it cut off', async () => {
    const { open, refused } = await start();
    const opened = [await open(), await open(), await open()];
    expect(refused).toHaveLength(1);
    for (const { client, accepted } of opened) {
      client.destroy();
      if (!accepted.closed) await once(accepted, 'close');
    }
    await open();
    await open();
    expect(refused).toHaveLength(1);
    await open();
    expect(refused).toHaveLength(2);
  });

  it('still counts the others of an address when one of them ends', async () => {
    const { open, refused } = await start();
    const first = await open();
    await open();
    for (let time = 1; time <= 3; time += 1) {
      // One that was cut off takes nothing from the count when it goes.
      const next = await open();
      if (!next.accepted.closed) await once(next.accepted, 'close');
      expect(refused).toHaveLength(time);
    }
    first.client.destroy();
    await once(first.accepted, 'close');
    await open();
    expect(refused).toHaveLength(3);
    await open();
    expect(refused).toHaveLength(4);
  });

  it('cuts off before the handshake of TLS', async () => {
    const server = createSecureServer(createCertificate(), (_, response) => response.end('here'));
    const { port, open, refused } = await start(server);
    const first = await open();
    await open();
    const next = connectSecurely({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await expect(once(next, 'secureConnect')).rejects.toThrow(/ECONNRESET|before secure TLS connection/);
    expect(refused).toEqual(['127.0.0.1']);

    first.client.destroy();
    await once(first.accepted, 'close');
    const secure = connectSecurely({ socket: (await open()).client, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    expect(await ask(secure)).toContain('here');
  });

  describe('behind a proxy', () => {
    async function startBehind() {
      // What is asked for stays open.
      const server = createServer((_, response) => response.flushHeaders());
      server.on('upgrade', (_, socket: Socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
      const { port, refused } = await start(server, new TrustedProxies(['127.0.0.1']));
      const agent = new Agent();
      onTestFinished(() => agent.destroy());
      /** Asks for somebody; answers with the connection, or with nothing when it was cut off. */
      const askFor = async (address: string, headers: Record<string, string> = {}): Promise<Socket | undefined> => {
        const asked = request({ port, host: '127.0.0.1', agent, headers: { 'x-forwarded-for': address, ...headers } });
        asked.on('error', () => {}).end();
        const answered = await new Promise<boolean>((resolve) => {
          for (const event of ['response', 'upgrade']) asked.on(event, () => resolve(true));
          asked.on('close', () => resolve(false));
        });
        return answered ? asked.socket! : undefined;
      };
      return { askFor, refused, server };
    }
    const upgrade = { connection: 'upgrade', upgrade: 'websocket' };

    it('counts whoever asks, and not the proxy, for as long as it lasts', async () => {
      const { askFor, refused, server } = await startBehind();
      const first = await askFor('9.9.9.1');
      expect(await askFor('9.9.9.1', upgrade)).toBeDefined();
      expect(await askFor('9.9.9.2')).toBeDefined();
      expect(await askFor('9.9.9.2', upgrade)).toBeDefined();
      expect(refused).toEqual([]);
      expect(await askFor('9.9.9.1')).toBeUndefined();
      expect(await askFor('9.9.9.2', upgrade)).toBeUndefined();
      expect(refused).toEqual(['9.9.9.1', '9.9.9.2']);

      const connections = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
      first!.destroy();
      await expect.poll(connections).toBe(3);
      expect(await askFor('9.9.9.1')).toBeDefined();
    });

    it('takes nobody else’s word for who asks', async () => {
      const { askFor, refused } = await startBehind();
      // The proxy's neighbour may have said anything, the proxy adds whom it heard it from.
      for (const made of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) await askFor(`${made}, 9.9.9.9`);
      expect(refused).toEqual(['9.9.9.9']);
    });
  });
});
