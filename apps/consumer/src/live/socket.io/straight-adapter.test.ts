import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Server, type Socket } from 'socket.io';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createCertificate } from '../../../../service/testing/certificate.ts';
import { StraightAdapter } from './straight-adapter.ts';

const ROOM = 'room';

/** A client that keeps all events in the order in which they came, as `name` and number. */
interface Guest {
  socket: Socket;
  websocket: WebSocket;
  got: string[];
  /** Resolves as soon as it has got an event. */
  gets: (event: string) => Promise<unknown>;
}

/** A server with nothing but the adapter. */
class Host {
  readonly io = new Server({ transports: ['websocket'], perMessageDeflate: false, adapter: StraightAdapter });
  #url = '';

  static async start(secure = false): Promise<Host> {
    const host = new Host();
    const server = secure ? createSecureServer(createCertificate()) : createServer();
    host.io.attach(server);
    onTestFinished(() => host.io.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    host.#url = `${secure ? 'wss' : 'ws'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return host;
  }

  get rooms(): number {
    return this.io.of('/').adapter.rooms.size;
  }

  /** @param onConnection does something in the same turn in which the client is there. */
  async invite(onConnection: (socket: Socket) => void = (socket) => void socket.join(ROOM)): Promise<Guest> {
    const connected = new Promise<Socket>((resolve) => {
      this.io.once('connection', (socket) => {
        onConnection(socket);
        resolve(socket);
      });
    });
    const websocket = new WebSocket(`${this.#url}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
      rejectUnauthorized: false,
    });
    const got: string[] = [];
    websocket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('0')) websocket.send('40');
      if (!text.startsWith('42')) return;
      const [event, { number }] = JSON.parse(text.slice(2)) as [string, { number: number }];
      got.push(`${event} ${number}`);
    });
    const gets = (event: string) => vi.waitUntil(() => got.includes(event), { interval: 2 });
    return { websocket, got, gets, socket: await connected };
  }

  say(number: number): void {
    this.io.to(ROOM).emit('said', { number });
  }
}

const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
const said = (first: number, last: number) => numbers(first, last).map((number) => `said ${number}`);

/** The calls that go through the layers of Engine.IO. */
const watchLayers = ({ socket }: Guest) =>
  vi.spyOn((socket as unknown as { client: { writeToEngine: () => void } }).client, 'writeToEngine');

describe.each([
  ['plain', false],
  ['by TLS', true],
])('a broadcast, %s', (_, secure) => {
  it('gives nothing more to those for whom 128 KiB wait, and tells of each of them; the others get everything', async () => {
    const host = await Host.start(secure);
    const [slow, quick] = [await host.invite(), await host.invite()];
    const behind: string[] = [];
    host.io.of('/').adapter.on('behind', (id: string) => {
      behind.push(id);
      void slow.socket.leave(ROOM);
    });
    slow.websocket.pause();
    const filling = 'x'.repeat(100_000);
    let number = 0;
    while (behind.length === 0) {
      number += 1;
      host.io.to(ROOM).emit('said', { number, filling });
      await quick.gets(`said ${number}`);
    }
    const last = number - 1;
    host.say(number + 1);
    await quick.gets(`said ${number + 1}`);
    expect(behind).toEqual([slow.socket.id]);
    expect(quick.got).toEqual(said(1, number + 1));
    slow.websocket.resume();
    await slow.gets(`said ${last}`);
    expect(slow.got).toEqual(said(1, last));
  });

  it('never comes before what was sent to the client alone, in whatever turn it is said', async () => {
    const host = await Host.start(secure);
    const { got, gets } = await host.invite((socket) => {
      socket.emit('welcome', { number: 0 });
      host.io.to(socket.id).emit('catch-up', { number: 0, text: 'x'.repeat(100_000) });
      void socket.join(ROOM);
      for (const number of numbers(1, 3)) host.say(number);
    });
    for (const number of numbers(4, 40)) {
      host.say(number);
      if (number % 3 === 0) await turn();
    }
    await gets('said 40');
    expect(got).toEqual(['welcome 0', 'catch-up 0', ...said(1, 40)]);
  });
});

describe('a broadcast', () => {
  it('goes straight to the connection once nothing waits for it', async () => {
    const host = await Host.start();
    const guest = await host.invite();
    await turn();
    const layers = watchLayers(guest);
    host.say(1);
    expect(layers).toHaveBeenCalledTimes(1);
    for (const number of numbers(2, 5)) host.say(number);
    expect(layers).toHaveBeenCalledTimes(1);
    await guest.gets('said 5');
    expect(guest.got).toEqual(said(1, 5));
  });

  it('is counted in bytes for each client that it is for, whatever way it takes', async () => {
    const host = await Host.start();
    const adapter = host.io.of('/').adapter as StraightAdapter;
    // The frame has two bytes before what is in it.
    const bytes = 2 + '42["said",{"number":1}]'.length;
    host.say(1);
    expect(adapter.sentBytes).toBe(0);
    const guests = [await host.invite(), await host.invite()];
    host.say(1);
    expect(adapter.sentBytes).toBe(2 * bytes);
    await turn();
    host.say(2);
    expect(adapter.sentBytes).toBe(4 * bytes);
    host.io.to(guests[0]!.socket.id).emit('said', { number: 3 });
    expect(adapter.sentBytes).toBe(5 * bytes);
  });

  it('does not reach who left, and reaches who came back', async () => {
    const host = await Host.start();
    const stays = await host.invite();
    const { socket, got, gets } = await host.invite();
    host.say(1);
    void socket.leave(ROOM);
    host.say(2);
    void socket.join(ROOM);
    host.say(3);
    void socket.leave(socket.id);
    host.io.to(socket.id).emit('said', { number: 4 });
    host.say(5);
    await gets('said 5');
    expect(got).toEqual(['said 1', 'said 3', 'said 5']);
    await stays.gets('said 5');
    expect(stays.got).toEqual(['said 1', 'said 2', 'said 3', 'said 5']);
  });

  it.each([
    ['closes', ({ websocket }: Guest) => websocket.close()],
    ['hangs up', ({ websocket }: Guest) => websocket.terminate()],
    ['is closed', ({ socket }: Guest) => socket.conn.close()],
    ['is disconnected', ({ socket }: Guest) => void socket.disconnect(true)],
  ])('harms nothing while a client %s, and leaves nothing behind', async (__, end) => {
    const host = await Host.start();
    const [stays, goes] = [await host.invite(), await host.invite()];
    host.say(1);
    const gone = new Promise((resolve) => void goes.socket.once('disconnect', resolve));
    end(goes);
    for (const number of numbers(2, 30)) {
      host.say(number);
      await turn();
    }
    await gone;
    host.say(31);
    await stays.gets('said 31');
    expect(stays.got).toEqual(said(1, 31));
    // The room, and the one that each client is in by itself.
    expect(host.rooms).toBe(2);
    stays.websocket.terminate();
    await vi.waitUntil(() => host.rooms === 0);
  });

  it('is encoded once for everyone who gets the same, and anew for another event', async () => {
    const host = await Host.start();
    const guests = [await host.invite(), await host.invite()];
    const { adapter } = host.io.of('/');
    const encode = vi.spyOn((adapter as unknown as { encoder: { encode: () => string[] } }).encoder, 'encode');
    const what = { number: 1 };
    for (const { socket } of guests) host.io.to(socket.id).emit('catch-up', what);
    expect(encode).toHaveBeenCalledTimes(1);
    host.io.to(ROOM).emit('said', what);
    for (const { got, gets } of guests) {
      await gets('said 1');
      expect(got).toEqual(['catch-up 1', 'said 1']);
    }
  });

  it('is for one room and everyone in it', async () => {
    const { io } = await Host.start();
    for (const target of [io, io.to('a').to('b'), io.to('a').except('b')])
      expect(() => target.emit('said', {})).toThrow('for one room');
    io.to('nobody').emit('said', {});
  });
});
