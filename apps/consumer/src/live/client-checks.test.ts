import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Client } from '../../testing/client.ts';
import { openLog, startConsumer } from '../../testing/consumer.ts';

const TOPIC = 'hello-world';

it('a client that does not read is cut off after 10 s; nobody else waits for it', async () => {
  const log = await openLog(TOPIC);
  const { url, lines } = await startConsumer(log);
  const reading = new Client(url);
  await reading.until(({ catchUps }) => catchUps.length === 1);

  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  // A masked text frame with "40", Socket.IO's word for "connect to the main namespace".
  socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
  await once(socket, 'data');
  socket.pause();

  const large = Buffer.from(
    JSON.stringify({
      version: 1,
      text: 'x'.repeat(60_000),
      environment: 'test',
      sequence: 1,
      sentAt: 1,
      nextInMs: 1,
    }),
  );
  const evicted = () => lines.some(({ msg }) => msg === 'a client takes nothing and is disconnected');
  // The system takes some of it before it piles up here.
  for (let sent = 1; sent <= 100; sent += 1) {
    await log.topic(TOPIC).append({ key: 'test', value: large });
    await reading.until(({ messages }) => messages.length === sent);
  }
  await vi.waitUntil(evicted, { timeout: 15_000 });
  expect(reading.catchUps).toHaveLength(1);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('live_evicted_total 1');
});
