import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { pauseBefore, ReturningCrowd } from './returning.ts';

describe('pauseBefore', () => {
  it('grows from half a second to five, as with socket.io-client', () => {
    expect([0, 1, 2, 3, 9].map((attempt) => pauseBefore(attempt, 0))).toEqual([500, 1_000, 2_000, 4_000, 5_000]);
    expect([0, 1, 2, 3].map((attempt) => pauseBefore(attempt, 1))).toEqual([1_500, 3_000, 5_000, 5_000]);
  });
});

const catchUp = (next: number, offsets: number[]): string =>
  `42${JSON.stringify([
    'catch-up',
    { positions: { 0: { next, timestamp: 1_000 } }, messages: offsets.map((offset) => ({ offset })) },
  ])}`;

/** A server that answers as ours does, and what its clients said. */
async function startServer(answer: (auth: string) => string) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const said: string[] = [];
  server.on('connection', (socket: WebSocket) => {
    socket.send('0{"sid":"a"}');
    socket.on('message', (data: Buffer) => {
      said.push(data.toString());
      socket.send(answer(data.toString()));
    });
  });
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return { server, said, port: (server.address() as AddressInfo).port };
}

describe('ReturningCrowd', () => {
  it('comes back with its positions, and counts what is missing and what comes twice', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => random.mockRestore());
    const { server, said, port } = await startServer((auth) =>
      auth === '40' ? catchUp(10, [8, 9]) : catchUp(13, [10, 12, 12]),
    );
    const crowd = new ReturningCrowd(port, 'ours');
    onTestFinished(() => crowd.close());
    await crowd.connect(2);
    for (const socket of server.clients) socket.terminate();
    const returned = await crowd.returned(13);
    // Of each, 11 and 13 do not come.
    expect(returned).toMatchObject({ away: 0, tries: 2, missing: 4, doubled: 2 });
    expect(returned.ms).toBeGreaterThanOrEqual(490);
    expect(said).toEqual(['40', '40', ...Array(2).fill('40{"positions":{"0":{"next":10,"timestamp":1000}}}')]);
  });

  it('tries again where it is refused', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => random.mockRestore());
    let answers = 0;
    const { server, port } = await startServer(() => ((answers += 1) === 2 ? '44{"message":"no"}' : catchUp(10, [])));
    const crowd = new ReturningCrowd(port, 'ours');
    onTestFinished(() => crowd.close());
    await crowd.connect(1);
    for (const socket of server.clients) socket.terminate();
    expect(await crowd.returned(9)).toMatchObject({ away: 0, tries: 2, missing: 0, doubled: 0 });
  });
});
