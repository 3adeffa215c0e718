import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { SASLOptions } from 'kafkajs';
import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { KafkaAdmin } from './kafka-admin.ts';
import { KafkaCluster } from './kafka-cluster.ts';
import { metadata } from './kafka-metadata.ts';

const SESSION_MS = 100;
const API_VERSIONS = 18;
const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;
const METADATA = 3;
const CREATE_TOPICS = 19;
const NOT_CONTROLLER = 41;

const int16 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => Buffer.from([value >> 8, value])));
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value & 0xffff)]);

/** Where the brokers are, and that a topic is not there. */
const brokersAt = (ports: number[]): Buffer => {
  const brokers = ports.flatMap((port) => [
    int32(port),
    Buffer.from('\x0a127.0.0.1'),
    int32(port),
    Buffer.from([0, 0]),
  ]);
  const topic = [
    Buffer.from([0, 3, 2]),
    Buffer.from('t'),
    Buffer.alloc(17),
    Buffer.from([1]),
    int32(0),
    Buffer.from([0]),
  ];
  const before = [Buffer.alloc(5), Buffer.from([ports.length + 1]), ...brokers, Buffer.from([0]), int32(0)];
  return Buffer.concat([...before, Buffer.from([2]), ...topic, Buffer.from([0])]);
};

/** What a broker answers that knows every user for a while, and no topic. */
const ANSWERS: Record<number, Buffer> = {
  [API_VERSIONS]: Buffer.concat([
    int16(0),
    int32(4),
    int16(METADATA, 0, 12, CREATE_TOPICS, 0, 0, SASL_HANDSHAKE, 1, 1, SASL_AUTHENTICATE, 1, 1),
  ]),
  [SASL_HANDSHAKE]: Buffer.concat([int16(0), int32(1), int16(5), Buffer.from('PLAIN')]),
  [SASL_AUTHENTICATE]: Buffer.concat([int16(0, -1), int32(0), int32(0), int32(SESSION_MS)]),
  [METADATA]: brokersAt([]),
};

const created = (errorCode: number): Buffer => Buffer.concat([int32(1), int16(1), Buffer.from('t'), int16(errorCode)]);

/** A broker that answers so, and not where there is no answer. It is closed with the test. */
async function startBroker(answers: Record<number, Buffer>, onConnection?: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    onConnection?.(socket);
    socket.on('data', (requests: Buffer) => {
      for (const request of framesOf(requests)) {
        const body = answers[request.readInt16BE(4)];
        if (body) socket.write(Buffer.concat([int32(4 + body.length), request.subarray(8, 12), body]));
      }
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Requests that were sent side by side may come together. */
function* framesOf(requests: Buffer): Generator<Buffer> {
  for (let at = 0; at < requests.length;) {
    const end = at + 4 + requests.readInt32BE(at);
    yield requests.subarray(at, end);
    at = end;
  }
}

function openCluster(ports: number[], sasl?: SASLOptions): KafkaCluster {
  const brokers = ports.map((port) => `127.0.0.1:${port}`);
  const cluster = new KafkaCluster({ brokers, clientId: 'test', logger: pino({ level: 'silent' }), sasl });
  onTestFinished(() => cluster.close());
  return cluster;
}

it('leaves a connection when its session is over', async () => {
  const open = new Set<Socket>();
  let accepted = 0;
  const port = await startBroker(ANSWERS, (socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  const cluster = openCluster([port], { mechanism: 'plain', username: 'u', password: 'p' });
  await vi.waitUntil(async () => (await cluster.askAny(metadata([]))) && accepted === 4);
  await vi.waitUntil(() => open.size === 1);
});

it('asks over one connection, which is made anew after the broker has ended it, and ends it when it is closed', async () => {
  const accepted: Socket[] = [];
  const port = await startBroker(ANSWERS, (socket) => accepted.push(socket));
  const cluster = openCluster([port]);
  const askManySideBySide = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 50 }, () => cluster.askAny(metadata([]))));
  for (let round = 0; round < 3; round += 1) await askManySideBySide();
  expect(accepted).toHaveLength(1);
  accepted[0]!.destroy();
  await vi.waitUntil(async () => (await cluster.askAny(metadata([])).catch(() => {})) && accepted.length === 2);
  await askManySideBySide();
  expect(accepted).toHaveLength(2);
  const ended = once(accepted[1]!, 'close');
  cluster.close();
  await ended;
});

it('rejects all questions when a broker falls silent, and asks the next one over a new connection', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const answers = { ...ANSWERS };
  const accepted: Socket[] = [];
  const port = await startBroker(answers, (socket) => accepted.push(socket));
  const cluster = openCluster([port]);
  await cluster.askAny(metadata([]));
  delete answers[METADATA];
  const asked = once(accepted[0]!, 'data');
  const rejected = Promise.all(
    Array.from({ length: 10 }, () =>
      expect(cluster.askAny(metadata([]))).rejects.toThrow('does not answer: Metadata took more than 5 s'),
    ),
  );
  await asked;
  await vi.advanceTimersByTimeAsync(5_000);
  await rejected;
  answers[METADATA] = ANSWERS[METADATA]!;
  await cluster.askAny(metadata([]));
  expect(accepted).toHaveLength(2);
});

it('finds the broker that makes changes, where only one does', async () => {
  const controller = await startBroker({ ...ANSWERS, [CREATE_TOPICS]: created(0) });
  const other = await startBroker({
    ...ANSWERS,
    [METADATA]: brokersAt([controller]),
    [CREATE_TOPICS]: created(NOT_CONTROLLER),
  });
  const admin = new KafkaAdmin(openCluster([other]));
  expect(await admin.createTopic('t', { partitions: 0, replication: 1, retentionMs: -1 }, [])).toBe(true);
});
