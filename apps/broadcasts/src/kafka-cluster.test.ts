import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import { it, onTestFinished, vi } from 'vitest';
import { KafkaCluster } from './kafka-cluster.ts';
import { metadata } from './kafka-protocol.ts';

const SESSION_MS = 100;
const API_VERSIONS = 18;
const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;
const METADATA = 3;

const int16 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => Buffer.from([value >> 8, value])));
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 0xffff)]);

/** What a broker answers that knows every user for a while, and nothing of any topic. */
const ANSWERS: Record<number, Buffer> = {
  [API_VERSIONS]: Buffer.concat([
    int16(0),
    int32(3),
    int16(METADATA, 0, 12, SASL_HANDSHAKE, 1, 1, SASL_AUTHENTICATE, 1, 1),
  ]),
  [SASL_HANDSHAKE]: Buffer.concat([int16(0), int32(1), int16(5), Buffer.from('PLAIN')]),
  [SASL_AUTHENTICATE]: Buffer.concat([int16(0, -1), int32(0), int32(0), int32(SESSION_MS)]),
  [METADATA]: Buffer.concat([Buffer.alloc(5), Buffer.from([1, 0]), int32(0), Buffer.from([1, 0])]),
};

function answer(socket: Socket, request: Buffer): void {
  const body = ANSWERS[request.readInt16BE(4)]!;
  socket.write(Buffer.concat([int32(4 + body.length), request.subarray(8, 12), body]));
}

it('leaves a connection when the broker wants to know the user again', async () => {
  const open = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('data', (request: Buffer) => answer(socket, request)).on('close', () => open.delete(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cluster = new KafkaCluster({
    brokers: [`127.0.0.1:${(server.address() as AddressInfo).port}`],
    clientId: 'test',
    logger: pino({ level: 'silent' }),
    sasl: { mechanism: 'plain', username: 'u', password: 'p' },
  });
  onTestFinished(() => {
    cluster.close();
    server.close();
  });
  await vi.waitUntil(async () => (await cluster.askAny(metadata([]))) && accepted === 4);
  await vi.waitUntil(() => open.size === 1);
});
