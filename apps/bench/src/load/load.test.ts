import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { clock } from '../clock.ts';
import { benchMessage } from '../message.ts';
import { type DialectName, dialects } from './dialect.ts';
import { Load } from './load.ts';

const CLIENTS = 5;

/** A server, and a load of clients that are connected to it. */
async function connect(dialect: DialectName = 'ws', onConnection: (socket: WebSocket) => void = () => {}) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', onConnection);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const load = new Load({ port: (server.address() as AddressInfo).port, dialect: dialects[dialect] });
  onTestFinished(() => load.close());
  await load.connect(CLIENTS);
  return { load, sockets: [...server.clients] };
}

const text = (sequence: number, sentAt = clock()): string => JSON.stringify(benchMessage(sequence, sentAt));

/** Resolves when a client has taken all that was sent to it. */
async function taken(socket: WebSocket): Promise<void> {
  const pong = once(socket, 'pong');
  socket.ping();
  await pong;
}

describe('Load', () => {
  it('counts every delivery, and how long the slowest took', async () => {
    const { load, sockets } = await connect();
    load.expect({ first: 1, count: 3 });
    for (const sequence of [1, 2, 3]) for (const socket of sockets) socket.send(text(sequence, clock() - 50));
    const delivery = await load.finish(5_000);
    expect(delivery).toMatchObject({ expected: 15, delivered: 15, missing: 0, doubled: 0, outOfOrder: 0, lost: 0 });
    expect(delivery.p50Ms).toBeGreaterThanOrEqual(50);
    expect(delivery.maxMs).toBeGreaterThanOrEqual(delivery.p999Ms);
    expect(delivery.p999Ms).toBeGreaterThanOrEqual(delivery.p99Ms);
    expect(delivery.bytes).toBeGreaterThan(15 * text(1).length);
  });

  it('notices that one client misses one message', async () => {
    const { load, sockets } = await connect();
    load.expect({ first: 1, count: 3 });
    for (const sequence of [1, 2, 3]) {
      for (const [index, socket] of sockets.entries()) {
        if (!(index === 3 && sequence === 2)) socket.send(text(sequence));
      }
    }
    expect(await load.finish(300)).toMatchObject({ delivered: 14, missing: 1 });
  });

  it('notices a double and a wrong order', async () => {
    const { load, sockets } = await connect();
    load.expect({ first: 1, count: 3 });
    for (const [index, socket] of sockets.entries()) {
      for (const sequence of index === 0 ? [1, 3, 2, 3] : [1, 2, 3]) socket.send(text(sequence));
    }
    expect(await load.finish(300)).toMatchObject({ delivered: 15, missing: 0, doubled: 1, outOfOrder: 1 });
  });

  it('waits for as long as something comes', async () => {
    const { load, sockets } = await connect();
    load.expect({ first: 1, count: 3 });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const finished = load.finish(1_000);
    for (const sequence of [1, 2, 3]) {
      for (const socket of sockets) socket.send(text(sequence));
      await Promise.all(sockets.map(taken));
      vi.advanceTimersByTime(1_000);
    }
    expect(await finished).toMatchObject({ delivered: 15, missing: 0 });
  });

  it('does not wait for clients that are all lost', async () => {
    const { load, sockets } = await connect();
    load.expect({ first: 1, count: 3 });
    for (const socket of sockets) socket.terminate();
    expect(await load.finish(60_000)).toMatchObject({ delivered: 0, missing: 15, lost: CLIENTS });
  });

  it('speaks as Socket.IO does, and counts only what is live', async () => {
    const { load, sockets } = await connect('ours', (socket) => {
      socket.send('0{"sid":"a"}');
      socket.on('message', (data: Buffer) => {
        if (data.toString() === '40') socket.send(`42["catch-up",{"messages":[${text(1)}]}]`);
      });
    });
    load.expect({ first: 1, count: 2 });
    const pong = once(sockets[0]!, 'message');
    for (const socket of sockets) {
      socket.send('2');
      socket.send(`42["messages",{"messages":[${text(1)},${text(2)}]}]`);
    }
    expect(String((await pong)[0])).toBe('3');
    expect(await load.finish(5_000)).toMatchObject({ delivered: 10, missing: 0, doubled: 0 });
  });

  it('fails when a server refuses it', async () => {
    const refused = connect('ours', (socket) => {
      socket.send('0{"sid":"a"}');
      socket.on('message', () => socket.send('44{"message":"no"}'));
    });
    await expect(refused).rejects.toThrow('the server refused: 44{"message":"no"}');
  });
});
