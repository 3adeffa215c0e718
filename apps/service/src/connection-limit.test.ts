import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCertificate } from '../testing/certificate.ts';
import { limitConnections } from './connection-limit.ts';
import { createSecureServer } from './secure-server.ts';

const LIMIT = 2;

async function start(server: Server = createServer((_, response) => response.end('here'))) {
  const refused: string[] = [];
  limitConnections(server, LIMIT, (address) => refused.push(address));
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
});
