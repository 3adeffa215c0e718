import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, Socket as TcpSocket } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Connection } from './client.ts';

interface PrivateSocket {
  client: { writeToEngine(packets: string[], options: object): void };
  conn: Connection & { on(event: 'packet', listener: (packet: { type: string }) => void): void };
}

const io = new Server({ transports: ['websocket'], perMessageDeflate: false });
const connections: unknown[] = [];
const got: string[] = [];
let websocket: WebSocket;
let socket: PrivateSocket;
const encode = (data: unknown[], options: object) =>
  (io.of('/').adapter as unknown as { _encode(packet: object, options: object): string[] })._encode(
    { type: 2, data, nsp: '/' },
    options,
  );

beforeAll(async () => {
  const server = createServer();
  io.attach(server);
  io.engine.on('connection', (connection: unknown) => connections.push(connection));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connected = once(io, 'connection') as Promise<[Socket]>;
  websocket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  websocket.on('message', (data: Buffer) => got.push(data.toString()));
  websocket.once('message', () => websocket.send('40'));
  socket = (await connected)[0] as unknown as PrivateSocket;
});
afterAll(() => io.close());

describe('Socket.IO still has', () => {
  it('Adapter._encode, which adds wsPreEncodedFrame to its options', () => {
    const options: { wsPreEncodedFrame?: Buffer[] } = {};
    expect(encode(['said', { number: 1 }], options)).toEqual(['2["said",{"number":1}]']);
    const frame = Buffer.concat(options.wsPreEncodedFrame!).toString();
    expect(frame).toContain('42["said",{"number":1}]');
  });

  it('Socket.client.writeToEngine', async () => {
    const options = { preEncoded: true };
    const packets = encode(['said', { number: 2 }], options);
    socket.client.writeToEngine(packets, options);
    await expect.poll(() => got).toContain('42["said",{"number":2}]');
  });

  it('Socket.conn.readyState and writeBuffer', () => {
    expect(socket.conn.readyState).toBe('open');
    expect(socket.conn.writeBuffer).toEqual([]);
    socket.client.writeToEngine(['2["waits"]'], { preEncoded: true });
    socket.client.writeToEngine(['2["waits too"]'], { preEncoded: true });
    expect(socket.conn.writeBuffer.map(({ data }) => data)).toContain('2["waits too"]');
  });

  it('Socket.conn.transport.writable, and drain when nothing waits any more', async () => {
    const { transport } = socket.conn;
    socket.client.writeToEngine(['2["waits"]'], { preEncoded: true });
    expect(transport.writable).toBe(false);
    await new Promise<void>((resolve) => transport.once('drain', resolve));
    expect(transport.writable).toBe(true);
  });

  it('Socket.conn.transport.socket with bufferedAmount, _socket and terminate', () => {
    const inner = socket.conn.transport.socket!;
    expect(inner.bufferedAmount).toBe(0);
    expect(inner._socket).toBeInstanceOf(TcpSocket);
    expect(typeof inner.terminate).toBe('function');
  });

  it('the events connection and packet of its engine', async () => {
    expect(connections).toEqual([socket.conn]);
    const said = new Promise((resolve) => socket.conn.on('packet', ({ type }) => resolve(type)));
    websocket.send('42["anything"]');
    expect(await said).toBe('message');
  });
});
