import type { Socket as TcpSocket } from 'node:net';
import { Adapter, type BroadcastOptions } from 'socket.io-adapter';
import { bufferedBytes, type Connection } from './client.ts';

/** The parts of a Socket.IO client that its types keep to themselves. */
interface Receiver {
  client: { writeToEngine(packets: string[], options: object): void };
  conn: Connection;
}

/** An event with what it says. */
interface Packet {
  data: [event: string, said: object];
  nsp?: string;
}

/** What a broadcast is encoded to: for Engine.IO, and as it goes over the wire. */
interface Encoded {
  event: string;
  packets: string[];
  options: { preEncoded: true; wsPreEncodedFrame?: Buffer[] };
  frame: Buffer;
}

/** The members of a room by their ids, each with its connection once nothing waits for it in Engine.IO. */
type Line = Map<string, TcpSocket | undefined>;

/** Bytes of a frame that is kept, to be sent again, at most. */
const KEPT_BYTES = 1024 * 1024;
/**
 * Bytes that wait for a client from which on it gets nothing more; for one that keeps up the system takes all at once.
 */
const BEHIND_BYTES = 128 * 1024;

/**
 * Broadcasts an object, which must not change afterwards, to one room, or to one client by its id. It is one write of
 * one buffer for each client, past the layers that would do something for each; the connections stand in line, since to
 * find them costs a quarter of what the write does. Who has something waiting in these layers, which is the catch-up,
 * gets that first: until then broadcasts take the same way, so that order is kept.
 *
 * Who takes what comes more slowly than it comes does not get it, so that it does not pile up: the event `behind` tells
 * of each, with the client's id, and whoever hears it must have it leave the room, and see to it that it gets what it
 * misses in another way.
 */
export class StraightAdapter extends Adapter {
  readonly #lines = new Map<string, Line>();
  #sentBytes = 0;
  /** By what they say: what is said to one after the other is encoded once. */
  readonly #encoded = new WeakMap<object, Encoded>();

  /** Bytes of the broadcasts that went out so far, each once for every client that it was for. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  override init(): void {
    this.on('join-room', (room: string, id: string) => {
      // Everyone is in a room of their own.
      if (room !== id) this.#lines.getOrInsertComputed(room, () => new Map() as Line).set(id, undefined);
    });
    this.on('leave-room', (room: string, id: string) => this.#lines.get(room)?.delete(id));
  }

  /** @throws {TypeError} when it is not for one room and everyone in it. */
  override broadcast(packet: Packet, { rooms, except }: BroadcastOptions): void {
    const [room] = rooms;
    if (room === undefined || rooms.size > 1 || except?.size)
      throw new TypeError('a broadcast is for one room, and for everyone in it');
    if (!this.rooms.has(room)) return;
    const encoded = this.#encode(packet);
    const line = this.#lines.get(room);
    if (line) this.#send(line, encoded);
    else this.#write(room, encoded);
  }

  #send(line: Line, encoded: Encoded): void {
    for (const [id, connection] of line) {
      if (connection ? connection.writableLength > BEHIND_BYTES : this.#isBehind(id)) this.emit('behind', id);
      else if (connection) {
        connection.write(encoded.frame);
        this.#sentBytes += encoded.frame.length;
      } else line.set(id, this.#write(id, encoded));
    }
  }

  #isBehind(id: string): boolean {
    return bufferedBytes(this.nsp.sockets.get(id)) > BEHIND_BYTES;
  }

  /** Sends to a client through all layers. Answers with its connection, if nothing waits for it in these. */
  #write(id: string, { packets, options, frame }: Encoded): TcpSocket | undefined {
    const { client, conn } = this.nsp.sockets.get(id) as Receiver;
    client.writeToEngine(packets, options);
    this.#sentBytes += frame.length;
    return conn.readyState === 'open' && conn.writeBuffer.length === 0 ? conn.transport.socket?._socket : undefined;
  }

  #encode(packet: Packet): Encoded {
    const [event, said] = packet.data;
    const known = this.#encoded.get(said);
    if (known?.event === event) return known;
    packet.nsp = this.nsp.name;
    const options: Encoded['options'] = { preEncoded: true };
    // Its types keep this to themselves, too: it adds the frame to the options, in two parts.
    const packets = (this as unknown as { _encode(packet: object, options: object): string[] })._encode(
      packet,
      options,
    );
    const frame = Buffer.concat(options.wsPreEncodedFrame!);
    options.wsPreEncodedFrame = [frame];
    const encoded = { event, packets, options, frame };
    if (frame.length <= KEPT_BYTES) this.#encoded.set(said, encoded);
    return encoded;
  }
}
