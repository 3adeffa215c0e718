import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { holdConnections } from './connections.ts';

async function start() {
  const server = createServer();
  const cutOff = holdConnections(server);
  server.on('upgrade', (_, socket) => socket.write('upgraded'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const say = async (words: string) => {
    const socket = connect({ port, host: '127.0.0.1' });
    onTestFinished(() => void socket.destroy());
    socket.write(words);
    await once(server, 'connection');
    return socket;
  };
  return { server, cutOff, say };
}

it('lets a server end half a second after it closes, whatever its clients do', async () => {
  const { server, cutOff, say } = await start();
  const upgraded = await say('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(upgraded, 'data');
  const halfSent = await say('GET / HTTP/1.1\r\nHo');
  const before = performance.now();
  server.close();
  cutOff();
  await Promise.all([server, upgraded, halfSent.resume()].map((each) => once(each, 'close')));
  expect(performance.now() - before).toBeGreaterThan(450);
  expect(performance.now() - before).toBeLessThan(1_000);
});

it('lets a client have its answer in that time', async () => {
  const { server, cutOff, say } = await start();
  const requested = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  const client = await say('GET /later HTTP/1.1\r\nHost: a\r\n\r\n');
  const [, response] = await requested;
  server.close();
  cutOff();
  response.end('here at last');
  const [answer] = await once(client, 'data');
  expect(String(answer)).toContain('here at last');
});
