import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** The cluster's DNS: services that somebody has named, each at an address of this machine. */
export class ClusterDns {
  readonly addresses = new Map<string, string>();
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => socket.send(this.#answer(query), port, address));
  }

  static async create(): Promise<ClusterDns> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    onTestFinished(() => void socket.close());
    return new ClusterDns(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** @see https://www.rfc-editor.org/rfc/rfc1035#section-4 */
  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += 1 + query[at]!) labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
    const question = query.subarray(12, at + 5);
    const address = this.addresses.get(labels.join('.'));
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(address === undefined ? 0 : 1, 6);
    header.fill(0, 8);
    if (address === undefined) return Buffer.concat([header, question]);
    // The name of the question, type A, class IN, for 30 seconds, four bytes.
    const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, ...address.split('.').map(Number)];
    return Buffer.concat([header, question, Buffer.from(record)]);
  }
}
