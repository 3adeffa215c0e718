import type { Socket as TcpSocket } from 'node:net';
import { Adapter, type BroadcastOptions } from 'socket.io-adapter';

/** The parts of an Engine.IO connection that its types keep to themselves. */
interface Connection {
  readyState: string;
  writeBuffer: unknown[];
  transport: { socket: { _socket: TcpSocket } };
}

interface Receiver {
  client: { writeToEngine(packets: string[], options: object): void };
  conn: Connection;
}

/** The parts of Socket.IO's adapter that its types keep to themselves. */
interface Parts {
  /** Adds the packet as a WebSocket frame to the options. */
  _encode(packet: object, options: { wsPreEncodedFrame?: Buffer[] }): string[];
  apply(options: BroadcastOptions, callback: (receiver: Receiver) => void): void;
}

/**
 * Broadcasts with one write of one buffer for each client, past the layers that would do something for each client. What a client
 * has waiting in these layers goes first: then the broadcast takes the same way, so that order is kept.
 */
export class StraightAdapter extends Adapter {
  override broadcast(packet: { nsp?: string }, options: BroadcastOptions): void {
    const parts = this as unknown as Parts;
    packet.nsp = this.nsp.name;
    const encoding: { preEncoded: true; wsPreEncodedFrame?: Buffer[] } = { preEncoded: true };
    const packets = parts._encode(packet, encoding);
    const frame = Buffer.concat(encoding.wsPreEncodedFrame!);
    parts.apply(options, ({ client, conn }) => {
      if (conn.readyState === 'open' && conn.writeBuffer.length === 0) conn.transport.socket._socket.write(frame);
      else client.writeToEngine(packets, encoding);
    });
  }
}
