import type { Socket as TcpSocket } from 'node:net';
import { Adapter, type BroadcastOptions } from 'socket.io-adapter';

/** The parts of a Socket.IO client that its types keep to themselves. */
interface Receiver {
  client: { writeToEngine(packets: string[], options: object): void };
  conn: { writeBuffer: unknown[]; transport: { socket: { _socket: TcpSocket } } };
}

/** An event with what it says. */
interface Packet {
  data: [event: string, said: object];
  nsp?: string;
}

/** What a broadcast is encoded to: for Engine.IO, and as it goes over the wire. */
interface Encoded {
  packets: string[];
  options: { preEncoded: true; wsPreEncodedFrame?: Buffer[] };
  frame: Buffer;
}

/** The members of a room by their ids, each with its connection once nothing waits for it in Engine.IO. */
type Line = Map<string, TcpSocket | undefined>;

/**
 * Broadcasts objects, to a room or to one client by its id. It is one write of one buffer for each client, past the layers that
 * would do something for each; the connections stand in line, since to find them costs a quarter of what the write does. Who has
 * something waiting in these layers, which is the catch-up, gets that first: until then broadcasts take the same way, so that order
 * is kept.
 */
export class StraightAdapter extends Adapter {
  readonly #lines = new Map<string, Line>();
  /** By what they say: what is said to one after the other is encoded once. */
  readonly #encoded = new WeakMap<object, Encoded>();

  override init(): void {
    this.on('join-room', (room: string, id: string) => {
      // Everyone is in a room of their own.
      if (room !== id) this.#lines.getOrInsertComputed(room, () => new Map() as Line).set(id, undefined);
    });
    this.on('leave-room', (room: string, id: string) => this.#lines.get(room)?.delete(id));
    this.on('delete-room', (room: string) => this.#lines.delete(room));
  }

  override broadcast(packet: Packet, { rooms }: BroadcastOptions): void {
    packet.nsp = this.nsp.name;
    const [, said] = packet.data;
    const encoded = this.#encoded.getOrInsertComputed(said, () => this.#encode(packet));
    for (const room of rooms) {
      const line = this.#lines.get(room);
      if (line) this.#send(line, encoded);
      else this.#write(room, encoded);
    }
  }

  #send(line: Line, encoded: Encoded): void {
    for (const [id, connection] of line) {
      if (connection) connection.write(encoded.frame);
      else line.set(id, this.#write(id, encoded));
    }
  }

  /** Sends to a client through all layers. Answers with its connection, if nothing waits for it in these. */
  #write(id: string, { packets, options }: Encoded): TcpSocket | undefined {
    const receiver = this.nsp.sockets.get(id) as Receiver | undefined;
    if (!receiver) return undefined;
    const { client, conn } = receiver;
    client.writeToEngine(packets, options);
    return conn.writeBuffer.length === 0 ? conn.transport.socket._socket : undefined;
  }

  #encode(packet: Packet): Encoded {
    const options: Encoded['options'] = { preEncoded: true };
    // Its types keep this to themselves, too: it adds the frames to the options.
    const packets = (this as unknown as { _encode(packet: object, options: object): string[] })._encode(
      packet,
      options,
    );
    return { packets, options, frame: Buffer.concat(options.wsPreEncodedFrame!) };
  }
}
